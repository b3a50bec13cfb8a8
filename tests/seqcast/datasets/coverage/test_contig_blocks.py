"""Blocks, tiles and masks against plain loops over bases."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.datasets.coverage import contig_blocks
from seqcast.datasets.coverage.contig_blocks import (
    cut_contig,
    deal_blocks,
    first_overlap,
    mappable_windows,
    merged_intervals,
    tile_block,
    unknown_stretches,
)
from seqcast.genome.fasta import Genome

LENGTH = 60
raw_intervals = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 15)).map(
        lambda pair: ("c", pair[0], min(sum(pair), LENGTH))
    ),
    max_size=6,
)


def table(rows: list) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=contig_blocks.BED, orient="row")


def mask_of(rows: list) -> np.ndarray:
    mask = np.zeros(LENGTH, dtype=bool)
    for _, start, end in rows:
        mask[start:end] = True
    return mask


@given(raw_intervals)
def test_merged_intervals_cover_the_same_bases_and_do_not_touch(rows):
    merged = merged_intervals(table(rows), {"c": LENGTH}, "x").get("c", [])
    assert np.array_equal(mask_of([("c", *pair) for pair in merged]), mask_of(rows))
    assert all(one[1] < other[0] for one, other in pairwise(merged))


def test_intervals_of_another_genome():
    assert merged_intervals(None, {"c": 5}, "gaps") == {}
    assert merged_intervals(table([("c", 1, 2), ("alt", 1, 9)]), {"c": 5}, "gaps") == {
        "c": [(1, 2)]
    }
    with pytest.raises(InputError, match=r"none of the 1 intervals of gaps .* names such as c$"):
        merged_intervals(table([("chrc", 1, 2)]), {"c": 5}, "gaps")
    with pytest.raises(InputError, match="ends at 9 of 'c', of which the genome has 5 bp"):
        merged_intervals(table([("c", 1, 9)]), {"c": 5}, "gaps")


@given(raw_intervals, st.integers(1, 20), st.integers(1, 25), st.integers(0, 10))
def test_tiles_are_the_windows_in_steps_of_each_stretch(rows, width, stride, low):
    holes = merged_intervals(table(rows), {"c": LENGTH}, "x").get("c", [])
    mask = mask_of(rows)
    expected, start = [], low
    while start + width <= LENGTH:  # step; at a hole, go on from its end
        hit = np.flatnonzero(mask[start : start + width])
        if not hit.size:
            expected.append((start, start + width))
            following = np.flatnonzero(mask[start : start + stride])
            start += following[0] if following.size else stride
        else:
            start += hit[0]
        while start < LENGTH and mask[start]:
            start += 1
    assert tile_block((low, LENGTH), holes, width, stride) == expected


@given(raw_intervals, st.integers(1, 20), st.sampled_from([0.25, 0.5, 1.0]))
def test_mappable_windows_by_counting_bases(rows, width, share):
    windows = [(start, start + width) for start in range(0, LENGTH - width + 1, 7)]
    masked = merged_intervals(table(rows), {"c": LENGTH}, "x").get("c", [])
    mask = mask_of(rows)
    expected = [(low, high) for low, high in windows if mask[low:high].mean() < share]
    assert mappable_windows(windows, masked, share) == expected


def test_blocks_are_equal_and_keep_off_the_cuts():
    assert cut_contig(100, 30, 0) == [(0, 33), (33, 66), (66, 100)]
    assert cut_contig(100, 50, 5) == [(0, 45), (55, 100)]
    assert cut_contig(10, 50, 5) == [(0, 10)]


def test_dealing_is_even_and_drawn():
    sizes = [8] * 30 + [1, 3, 5]
    dealt = deal_blocks(sizes, 4, seed=1)
    held = np.bincount(dealt, weights=sizes, minlength=4)
    assert held.max() - held.min() <= 8
    assert deal_blocks(sizes, 4, seed=1) == dealt != deal_blocks(sizes, 4, seed=2)


def test_unknown_stretches_across_pieces(tmp_path: Path, monkeypatch):
    rng = np.random.default_rng(0)
    text = rng.choice(list("ACGTacgtNNNNRn"), 500).tolist()
    text[63:130] = "N" * 67
    sequences = {"a": "".join(text), "b": "ACGT", "c": "NNNN", "d": "AC" * 32 + "N" * 6}
    fasta = tmp_path / "g.fa"
    fasta.write_text("".join(f">{name}\n{bases}\n" for name, bases in sequences.items()))
    monkeypatch.setattr(contig_blocks, "SCAN_BP", 64)
    expected = []
    for name, bases in sequences.items():
        start = None
        for i, letter in enumerate(bases.upper() + "A"):
            if letter not in "ACGT" and start is None:
                start = i
            elif letter in "ACGT" and start is not None:
                expected += [(name, start, i)] if i - start >= 3 else []
                start = None
    assert unknown_stretches(Genome(fasta), 3).rows() == expected


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12), st.sampled_from("xyz")), max_size=8),
    st.integers(0, 3),
)
def test_first_overlap_as_all_pairs_say(rows, crop):
    windows = [("c", start, start + n, part) for start, n, part in rows]
    schema = {"chrom": pl.String, "start": pl.Int64, "end": pl.Int64, "part": pl.String}
    expected = any(
        one[3] != two[3] and one[1] - crop < two[2] + crop and two[1] - crop < one[2] + crop
        for one in windows
        for two in windows
    )
    assert bool(first_overlap(pl.DataFrame(windows, schema, orient="row"), crop)) == expected
