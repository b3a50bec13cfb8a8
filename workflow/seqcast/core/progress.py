"""Progress of long loops: a progress bar on a terminal, one line per minute in a log.

In jobs of the workflow the run's ``logs/progress.jsonl`` tells it too (`run_log`).
"""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator

from tqdm import tqdm

from seqcast.core.run_log import counted

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LINES = 60


def progress(total: int, unit: str) -> Callable[[Iterable], Iterator]:
    """A wrapper for an iterable of `total` items that reports rate and time left.

    Parameters
    ----------
    total : int
    unit : str
        What is counted, in the singular.
    """

    def wrap(items: Iterable) -> Iterator:
        items = counted(items, total, unit)
        if sys.stderr.isatty():
            return iter(tqdm(items, total=total, unit=unit, dynamic_ncols=True))
        return _in_lines(items, total, unit)

    return wrap


def _in_lines(items: Iterable, total: int, unit: str) -> Iterator:
    start = said = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if done == total or now - said >= SECONDS_BETWEEN_LINES:
            said, rate = now, done / max(now - start, 1e-9)
            logger.info("%d of %d %ss, %.3g a minute, %.0f s left", done, total, unit,
                        60 * rate, (total - done) / rate)  # fmt: skip


def duration_in_words(seconds: float) -> str:
    """A duration in the unit that suits it."""
    for unit, length in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
