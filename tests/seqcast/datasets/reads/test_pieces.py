"""Weights of positions: every one the same, or as the original draws."""

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import write_table
from seqcast.datasets.reads.assembly_index import PIECES
from seqcast.datasets.reads.pieces import read_pieces

L = 300
# class, assembly, chromosome, contig, start, end (of the piece), region_start, region_end
ROWS = [
    ("coding", "a", "1", "c1", 0, 300, 0, 300),
    ("coding", "a", "1", "c1", 400, 701, 400, 701),
    ("coding", "a", "2", "c2", 0, 400, 0, 900),  # the region is cut at an N
    ("coding", "a", "2", "c2", 410, 900, 0, 900),
    ("non_coding", "b", "1", "c1", 600, 1_000, 600, 1_001),  # the last gap: end one too far
]  # fmt: skip


def table(path: Path, compat: str | None) -> Path:
    rows = [(*row, "tag", 1) for row in ROWS]
    frame = pl.DataFrame(rows, schema=PIECES, orient="row")
    write_table(frame, path, {"min_length_nt": L, "compat": compat})
    return path


def reached(path: Path, compat: str | None) -> tuple[Counter[tuple[int, int]], np.ndarray]:
    """Reads (piece, start) at the middle of each unit of weight, and the weights of pieces."""
    pieces = read_pieces(path, L, compat)  # type: ignore[arg-type]
    at = np.arange(0.5, pieces.bounds[-1])
    piece, start = pieces.locate(at, np.full(at.size, len(pieces.table) - 1))
    rows = pieces.table["row"].to_numpy()[piece]
    return Counter(zip(rows.tolist(), start.tolist(), strict=True)), np.diff(pieces.bounds)


def test_every_position_once(tmp_path: Path) -> None:
    found, weights = reached(table(tmp_path / "p.parquet", None), None)
    expected = {(n, at) for n, row in enumerate(ROWS) for at in range(row[4], row[5] - L + 1)}
    assert found == Counter(expected)
    assert weights.tolist() == [1, 2, 101, 191, 101]


def test_as_the_original_draws(tmp_path: Path) -> None:
    found, weights = reached(table(tmp_path / "p.parquet", "readseeker"), "readseeker")
    starts = {n: sorted({at for row, at in found if row == n}) for n in range(len(ROWS))}
    assert starts[0] == [0]  # a region of 300: its only start
    assert starts[1] == [400]  # of 301: np.random.choice(1)
    assert starts[2] == list(range(0, 101))
    assert starts[3] == list(range(410, 600))  # 600 would be the last one: np.random.choice(600)
    assert starts[4] == list(range(600, 701))  # the last start: two errors cancel
    # length of the region, times the share of its starts that lie in the piece
    assert weights == pytest.approx([300, 301, 900 * 101 / 600, 900 * 190 / 600, 401 * 101 / 101])


def test_weights_are_those_of_drawing_again(tmp_path: Path) -> None:
    # the original, read by read: a region by its length, a start, and again if not in a clean piece
    regions = {row[3:4] + row[6:] for row in ROWS if row[0] == "coding"}
    chances: Counter[tuple[str, int]] = Counter()
    for contig, start, end in regions:
        starts = range(start, start + max(end - start - L, 1))
        for at in starts:
            if any(row[3] == contig and row[4] <= at and at + L <= row[5] for row in ROWS[:4]):
                chances[contig, at] += (end - start) / len(starts)
    pieces = read_pieces(table(tmp_path / "p.parquet", "readseeker"), L, "readseeker")
    found: Counter[tuple[str, int]] = Counter()
    for row, first, n, weight in zip(
        pieces.table["row"], pieces.first, pieces.starts, np.diff(pieces.bounds), strict=True
    ):
        if ROWS[row][0] == "coding":
            found.update({(ROWS[row][3], int(first) + i): weight / n for i in range(n)})
    assert found == pytest.approx(chances)


def test_cells(tmp_path: Path) -> None:
    cells = read_pieces(table(tmp_path / "p.parquet", None), L).cells()
    assert cells.rows() == [
        ("coding", "a", "1", 1, 0.0, 3.0),
        ("coding", "a", "2", 3, 3.0, 292.0),
        ("non_coding", "b", "1", 4, 295.0, 101.0),
    ]


def test_longer_reads_need_fewer_pieces(tmp_path: Path) -> None:
    pieces = read_pieces(table(tmp_path / "p.parquet", None), 400)
    assert pieces.table["row"].to_list() == [2, 3, 4]
    assert pieces.starts.tolist() == [1, 91, 1]


@pytest.mark.parametrize(("length_nt", "compat"), [(299, None), (300, "readseeker")])
def test_index_of_other_options_is_refused(tmp_path: Path, length_nt: int, compat: str) -> None:
    path = table(tmp_path / "p.parquet", None)
    with pytest.raises(InputError, match=r"from 300 nt with compat None; expected .* Index the"):
        read_pieces(path, length_nt, compat)  # type: ignore[arg-type]
