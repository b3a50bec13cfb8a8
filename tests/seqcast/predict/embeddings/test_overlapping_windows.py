"""Which part of a long text each window stands for."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.predict.embeddings.overlapping_windows import Piece, pieces_of


@pytest.mark.parametrize(("length", "too_long", "pieces"), [
    (10, "status", [(0, 10, 0)]),
    (11, "status", []),
    (11, "error", []),
    (14, "truncate_left", [(4, 14, 4)]),
    (14, "truncate_right", [(0, 10, 0)]),
    (14, "window", [(0, 10, 0), (4, 14, 10)]),
    (17, "window", [(0, 10, 0), (7, 17, 10)]),
    (18, "window", [(0, 10, 0), (7, 17, 10), (8, 18, 17)]),
])  # fmt: skip
def test_pieces(length, too_long, pieces):
    assert pieces_of(length, 10, too_long, overlap=3) == [Piece(*piece) for piece in pieces]


@given(st.integers(1, 300), st.integers(2, 40), st.data())
def test_windows_keep_each_symbol_once_where_most_stands_before_it(length, longest, data):
    overlap = data.draw(st.integers(1, longest - 1))
    pieces = pieces_of(length, longest, "window", overlap)
    assert [i for p in pieces for i in range(p.kept, p.stop)] == list(range(length))
    assert {p.stop - p.start for p in pieces} == {min(length, longest)}
    assert all(b.start <= a.stop - overlap for a, b in pairwise(pieces))
    for piece in pieces[1:]:
        assert piece.kept > piece.start  # something stands before it
        earlier = [p for p in pieces if p.start < piece.start]
        assert not any(p.start <= piece.kept < p.stop for p in earlier)
