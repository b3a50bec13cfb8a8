"""Order of an epoch: shuffled, and yet examples of a batch of similar length."""

from collections.abc import Iterator

import numpy as np

BATCHES_A_POOL = 64  # of large sets


def length_bucketed(
    lengths: np.ndarray, batch_size: int, rng: np.random.Generator,
    batches_a_pool: int = BATCHES_A_POOL,
) -> Iterator[np.ndarray]:  # fmt: skip
    """Rows of each batch of an epoch; each row comes once.

    Parameters
    ----------
    lengths : ndarray of int, shape=(rows,)
    batch_size : int
        The last batch may be smaller.
    rng : Generator
        Of this epoch.
    batches_a_pool : int
        Sorted by length together; the order inside an epoch stays random beyond.

    Yields
    ------
    ndarray of int, shape=(batch,)
        Rows are shuffled, sorted by length in pools of `batches_a_pool` batches, and the batches
        of a pool shuffled again.
    """
    order = rng.permutation(len(lengths))
    pool = batch_size * batches_a_pool
    for i in range(0, len(order), pool):
        rows = order[i : i + pool]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        for start in rng.permutation(np.arange(0, len(rows), batch_size)):
            yield rows[start : start + batch_size]
