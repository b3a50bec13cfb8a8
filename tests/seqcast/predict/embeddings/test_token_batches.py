"""Batches of like length, pools of bounded size."""

from hypothesis import given
from hypothesis import strategies as st

from seqcast.predict.embeddings.token_batches import FREE_SHARE, PADDING_SHARE, pools, token_batches


@given(st.lists(st.integers(1, 500), max_size=80), st.integers(1, 2000))
def test_batches_hold_each_once_with_little_padding(lengths, most):
    found = list(token_batches(lengths, most))
    assert sorted(i for batch in found for i in batch) == list(range(len(lengths)))
    for batch in found:
        tokens = sum(lengths[i] for i in batch)
        padded = len(batch) * max(lengths[i] for i in batch)
        assert len(batch) == 1 or padded <= most
        assert padded - tokens <= max(most // FREE_SHARE, tokens // PADDING_SHARE)


def test_like_lengths_share_a_batch():
    assert list(token_batches([10, 500, 11, 498, 9], 1600)) == [[1, 3], [2, 0, 4]]


@given(st.lists(st.integers(0, 50)), st.integers(1, 100))
def test_pools_keep_the_order_and_the_size(items, most):
    found = list(pools(items, lambda item: item, most))
    assert [item for pool in found for item in pool] == items
    assert all(pool and (len(pool) == 1 or sum(pool) <= most) for pool in found)
