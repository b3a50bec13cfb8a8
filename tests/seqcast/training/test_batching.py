"""Batches of similar length, each row once, in another order for another generator."""

import numpy as np

from seqcast.training.batching import length_bucketed

LENGTHS = np.random.default_rng(0).integers(10, 1000, 1003)


def batches(seed: int = 1) -> list[np.ndarray]:
    return list(length_bucketed(LENGTHS, 4, np.random.default_rng(seed)))


def test_each_row_comes_once() -> None:
    found = batches()
    assert sorted(np.concatenate(found).tolist()) == list(range(len(LENGTHS)))
    assert sorted(map(len, found))[:2] == [3, 4]  # 1003 = 250 x 4 + 3


def test_lengths_of_a_batch_are_similar_and_those_of_batches_are_not_in_order() -> None:
    found = batches()
    # 64 batches of 4 sorted together: 4 neighbours of 256 rows span about 4 / 256 of 990
    assert np.mean([np.ptp(LENGTHS[rows]) for rows in found]) < 30
    means = [LENGTHS[rows].mean() for rows in found]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


def test_smaller_pools_mix_lengths_more() -> None:
    pools = list(length_bucketed(LENGTHS, 4, np.random.default_rng(1), batches_a_pool=8))
    assert sorted(np.concatenate(pools).tolist()) == list(range(len(LENGTHS)))
    # 4 neighbours of 32 rows span about 4 / 32 of 990
    assert 60 < np.mean([np.ptp(LENGTHS[rows]) for rows in pools]) < 200


def test_the_order_is_of_the_generator_alone() -> None:
    assert all(np.array_equal(a, b) for a, b in zip(batches(), batches(), strict=True))
    assert not np.array_equal(batches()[0], batches(2)[0])
