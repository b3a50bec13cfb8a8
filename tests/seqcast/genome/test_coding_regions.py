"""Coding and non-coding regions, beside the bases they cover and the original's merge."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.genome.coding_regions import gaps, merge_regions, merge_regions_readseeker, regions_of
from seqcast.genome.genbank import CODING, GenbankRecord, read_genbank

LENGTH = 120
INTERVALS = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 40)).map(
        lambda pair: (pair[0], min(pair[0] + pair[1], LENGTH))
    ),
    max_size=12,
)


def made(parts: list[tuple[int, int]], length: int = LENGTH) -> GenbankRecord:
    rows = [(start, end, 1, f"t{number}") for number, (start, end) in enumerate(parts)]
    return GenbankRecord(
        "X.1", "A" * length, pl.DataFrame(rows, schema=CODING, orient="row"), 1, "", 11
    )


def arrays(parts: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.array(parts, dtype=np.int64).reshape(-1, 2).T)  # type: ignore[return-value]


def covered(starts: np.ndarray, ends: np.ndarray, length: int = LENGTH) -> np.ndarray:
    """Oracle: base by base."""
    bases = np.zeros(length, dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        bases[start:end] = True
    return bases


def runs(bases: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(bases.astype(int), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def pairs(found: tuple[np.ndarray, np.ndarray]) -> list[tuple[int, int]]:
    return list(zip(*(column.tolist() for column in found), strict=True))


@given(INTERVALS)
def test_merge_and_gaps_are_those_of_the_bases(parts: list[tuple[int, int]]) -> None:
    starts, ends = arrays(parts)
    merged = merge_regions(starts, ends)
    assert pairs(merged) == runs(covered(starts, ends))
    between = [(start, end) for start, end in pairs(gaps(*merged, LENGTH)) if start < end]
    assert between == runs(~covered(starts, ends))


@given(INTERVALS, st.integers(1, 30))
def test_no_coding_base_is_in_a_non_coding_region(
    parts: list[tuple[int, int]], shortest: int
) -> None:
    regions = regions_of(made(parts), shortest)
    coding = covered(*arrays(parts))
    expected = [(s, e) for s, e in runs(~coding) if parts and e - s >= shortest]
    assert regions.filter(pl.col("class") == "non_coding").select("start", "end").rows() == expected
    expected = [(s, e) for s, e in runs(coding) if e - s >= shortest]
    assert regions.filter(pl.col("class") == "coding").select("start", "end").rows() == expected


class Original:
    """The original's class, written as it describes itself: defect 1."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop

    def __gt__(self, other: "Original") -> bool:
        return self.stop > other.stop

    def holds(self, other: "Original") -> bool:
        return self.start <= other.start <= self.stop or self.start <= other.stop <= self.stop


@given(INTERVALS)
def test_defective_merge_is_the_original(parts: list[tuple[int, int]]) -> None:
    merged: list[Original] = []
    for part in sorted(Original(*pair) for pair in parts):
        if merged and merged[-1].holds(part):
            merged[-1].start = min(merged[-1].start, part.start)
            merged[-1].stop = max(merged[-1].stop, part.stop)
        else:
            merged.append(part)
    assert pairs(merge_regions_readseeker(*arrays(parts))) == [(m.start, m.stop) for m in merged]


def test_defect_by_hand() -> None:
    # a CDS over two earlier ones, and one that encloses the last
    starts, ends = arrays([(10, 20), (30, 40), (5, 50)])
    assert pairs(merge_regions(starts, ends)) == [(5, 50)]
    assert pairs(merge_regions_readseeker(starts, ends)) == [(10, 20), (30, 40), (5, 50)]


def test_regions_by_hand() -> None:
    record = made([(300, 650), (650, 700), (1_000, 1_100), (1_500, 1_900)], 2_300)
    assert regions_of(record, 300).rows() == [
        ("coding", 300, 700, "t0__t1"),
        ("coding", 1_500, 1_900, "t3"),
        ("non_coding", 0, 300, "X.1_noncoding_0"),
        ("non_coding", 700, 1_000, "X.1_noncoding_1"),
        ("non_coding", 1_100, 1_500, "X.1_noncoding_2"),  # the short CDS bounds it
        ("non_coding", 1_900, 2_300, "X.1_noncoding_3"),
    ]
    last = regions_of(record, 300, "readseeker").rows()[-1]
    assert last == ("non_coding", 1_900, 2_301, "X.1_noncoding_5")  # as get_noncoding counts


@pytest.mark.parametrize("compat", [None, "readseeker"])
def test_records_without_cds_give_nothing(compat: str | None) -> None:
    assert regions_of(made([]), 10, compat).is_empty()  # type: ignore[arg-type]


@pytest.mark.parametrize(("folder", "inside"), [("ecoli", 50), ("lambda", 497), ("spyogenes", 0)])
def test_cds_bases_in_non_coding_regions_of_the_original(
    shared: Path, folder: str, inside: int
) -> None:
    # 50, 497, 0: measured with the original code on these files
    (path,) = (p for p in (shared / "data/reads" / folder).iterdir() if ".gb" in p.name)
    (record,) = read_genbank(path)
    parts = (record.coding["start"].to_numpy(), record.coding["end"].to_numpy())
    bed = [line.split("\t") for line in (path.parent / "cds_merged.bed").read_text().splitlines()]
    assert pairs(merge_regions(*parts)) == [(int(row[1]), int(row[2])) for row in bed]
    coding = covered(*parts, len(record.sequence))
    for compat, expected in ((None, 0), ("readseeker", inside)):
        regions = regions_of(record, 300, compat).filter(pl.col("class") == "non_coding")  # type: ignore[arg-type]
        bases = covered(regions["start"].to_numpy(), regions["end"].to_numpy(), coding.size)
        assert (bases & coding).sum() == expected
