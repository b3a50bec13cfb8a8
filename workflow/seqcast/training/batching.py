"""Order of an epoch: shuffled, and yet examples of a batch of similar length."""

from collections.abc import Iterator

import numpy as np

BATCHES_A_POOL = 64  # sorted by length together; order inside an epoch stays random beyond


def length_bucketed(
    lengths: np.ndarray, batch_size: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Rows of each batch of an epoch; each row comes once.

    Parameters
    ----------
    lengths : ndarray of int, shape=(rows,)
    batch_size : int
        The last batch may be smaller.
    rng : Generator
        Of this epoch.

    Yields
    ------
    ndarray of int, shape=(batch,)
        Rows are shuffled, sorted by length in pools of `BATCHES_A_POOL` batches, and the batches
        of a pool shuffled again.
    """
    order = rng.permutation(len(lengths))
    pool = batch_size * BATCHES_A_POOL
    for i in range(0, len(order), pool):
        rows = order[i : i + pool]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        for start in rng.permutation(np.arange(0, len(rows), batch_size)):
            yield rows[start : start + batch_size]
