"""Chunks, and streams that close what they read."""

import pytest

from seqcast.reads.records import Read, ReadCounts, ReadStream, in_chunks


@pytest.mark.parametrize(
    ("n", "size", "expected"),
    [(0, 3, []), (3, 3, [3]), (4, 3, [3, 1]), (2, 3, [2]), (6, 3, [3, 3])],
)
def test_chunks_hold_everything_and_are_never_empty(n: int, size: int, expected: list[int]) -> None:
    chunks = list(in_chunks(range(n), size))
    assert [len(chunk) for chunk in chunks] == expected
    assert [item for chunk in chunks for item in chunk] == list(range(n))


@pytest.mark.parametrize(
    ("most", "together", "expected"),
    [
        (5, 1, [[5], [1, 1, 3], [9], [2]]),
        (5, 2, [[5, 1], [1, 3, 9, 2]]),
        (6, 2, [[5, 1], [1, 3, 9, 2]]),
        (99, 1, [[5, 1, 1, 3], [9, 2]]),
        (99, 3, [[5, 1, 1, 3, 9, 2]]),
    ],
)
def test_chunks_end_by_weight_too(most: int, together: int, expected: list[list[int]]) -> None:
    items = [5, 1, 1, 3, 9, 2]
    assert list(in_chunks(items, 4, int, most, together)) == expected


@pytest.mark.parametrize("how", ["to its end", "left early", "broken"])
def test_a_stream_closes_its_files(how: str) -> None:
    closed = []

    def chunks():
        yield [Read("r", 0, "A", None, "")]
        if how == "broken":
            raise OSError("disk")

    with ReadStream(chunks(), False, ReadCounts(), lambda: closed.append(how)) as stream:
        assert len(next(stream)) == 1
        if how == "to its end":
            assert list(stream) == []
        if how == "broken":
            with pytest.raises(OSError, match="disk"):
                next(stream)
    assert set(closed) == {how}
