"""Batches read by threads while the steps before them run, and how long steps wait for them."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from typing import TypeVar

Item = TypeVar("Item")
Loaded = TypeVar("Loaded")


def prefetched(
    items: Iterable[Item], load: Callable[[Item], Loaded], ahead: int
) -> Generator[Loaded, None, None]:
    """``map(load, items)``, with some items loaded in threads before they are asked for.

    Parameters
    ----------
    items : iterable
        Used in the caller's thread.
    load : callable
        What it raises is raised instead of its item.
    ahead : int
        Items that are loaded, each in a thread, while the one before them is in use.

    Yields
    ------
    loaded items
        In the order of `items`. No thread continues after the generator is closed.
    """
    waiting: deque[Future[Loaded]] = deque()
    with ThreadPoolExecutor(ahead, "reader") as readers:
        try:
            for item in items:
                waiting.append(readers.submit(load, item))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class Clock:
    """Time that a training waits for batches, and that it computes.

    Attributes
    ----------
    waited_s, computed_s : float
        Since the last `restart`.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin again."""
        self.waited_s = self.computed_s = 0.0

    def timed(self, batches: Iterator[Item]) -> Generator[Item, None, None]:
        """The same batches; the time until each is there is waited for."""
        with closing(batches) if isinstance(batches, Generator) else nullcontext():
            while True:
                start = time.perf_counter()
                try:
                    batch = next(batches)
                except StopIteration:
                    return
                self.waited_s += time.perf_counter() - start
                yield batch

    @contextmanager
    def computing(self) -> Iterator[None]:
        """The block is computing."""
        start = time.perf_counter()
        yield
        self.computed_s += time.perf_counter() - start

    def wait_share(self) -> float | None:
        """Fraction of the time that was waiting; None before any step."""
        total = self.waited_s + self.computed_s
        return self.waited_s / total if total else None
