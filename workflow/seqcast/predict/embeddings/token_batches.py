"""Sequences of like length together, in bounded memory.

Padding costs as much as tokens do. A pool of sequences is sorted by length and cut into batches of
little padding; results leave a pool in the order in which its sequences came.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

FREE_SHARE = 32  # a batch's padding may be its tokens over this: a small batch costs more
PADDING_SHARE = 8  # of a larger batch, at most the sequences' tokens over this are padding


def pools(items: Iterable[T], size: Callable[[T], int], most: int) -> Iterator[list[T]]:
    """Lists of consecutive items whose sizes add up to at most `most`; an item at least."""
    pool: list[T] = []
    total = 0
    for item in items:
        if pool and total + size(item) > most:
            yield pool
            pool, total = [], 0
        pool.append(item)
        total += size(item)
    if pool:
        yield pool


def token_batches(lengths: Sequence[int], most_tokens: int) -> Iterator[list[int]]:
    """Indices of sequences to run together, the longest first.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each sequence, its end token included.
    most_tokens : int
        Tokens of a batch, padding included; a batch has one sequence at least.
    """
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    batch: list[int] = []
    tokens = 0
    for i in order:
        if batch:
            padded = (len(batch) + 1) * lengths[batch[0]]
            padding = padded - tokens - lengths[i]
            allowed = max(most_tokens // FREE_SHARE, (tokens + lengths[i]) // PADDING_SHARE)
            if padded > most_tokens or padding > allowed:
                yield batch
                batch, tokens = [], 0
        batch.append(i)
        tokens += lengths[i]
    if batch:
        yield batch
