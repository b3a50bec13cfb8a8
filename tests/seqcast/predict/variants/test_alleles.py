"""Sequences of both alleles and how their bins line up."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqcast.genome.sequence import one_hot
from seqcast.predict.variants.alleles import Aligned, Edit, Geometry, assemble
from tests.seqcast.predict.variants.conftest import LENGTH
from tests.seqcast.toy_models import BaseCounter

GEOMETRY = Geometry(length_bp=1024, bin_size_bp=32, crop_bins=0)
BASES = st.text("ACGT", min_size=0, max_size=150)


def edit(start, end, insert):
    return Edit("chr1", start, end, insert, start + 1, "", "")


def haplotype(genome, e, start, end):
    """The alt chromosome as a plain string, far beyond the window, and where `start` is in it."""
    far = 2000
    return (
        genome.fetch("chr1", start - far, e.start)
        + e.insert
        + genome.fetch("chr1", e.end, end + far)
    )


def test_snv_is_in_the_column_of_the_originals(genome):
    reference = genome.fetch("chr1", 2000, 2001)
    other = "A" if reference != "A" else "C"
    pair = Aligned(GEOMETRY).pair(edit(2000, 2001, other), genome)
    different = [i for i, (r, a) in enumerate(zip(*pair.sequences, strict=True)) if r != a]
    assert different == [GEOMETRY.length_bp // 2 - 1]
    assert pair.start == 2001 - 512  # pos - L/2 with the 1-based pos of the VCF


@given(start=st.integers(0, LENGTH - 1), deleted=st.integers(0, 150), insert=BASES)
@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_alt_sequences_are_pieces_of_the_alt_haplotype(genome, start, deleted, insert):
    e = edit(start, min(start + deleted, LENGTH), insert)
    pair = Aligned(GEOMETRY).pair(e, genome)
    assert [len(s) for s in pair.sequences] == [1024] * len(pair.sequences)
    assert pair.sequences[0] == genome.fetch("chr1", pair.start, pair.start + 1024)
    whole = haplotype(genome, e, pair.start, pair.start + 1024)
    grown = len(e.insert) - (e.end - e.start)
    assert pair.sequences[1] == whole[2000 : 2000 + 1024]
    if grown:
        assert pair.sequences[2] == whole[2000 + grown : 2000 + grown + 1024]


@given(start=st.integers(600, LENGTH - 700), deleted=st.integers(0, 150), insert=BASES)
@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_bins_away_from_the_edit_hold_the_same_bases(genome, start, deleted, insert):
    e = edit(start, start + deleted, insert)
    pair = Aligned(GEOMETRY).pair(e, genome)
    with torch.inference_mode():
        counts = BaseCounter(1024)(torch.from_numpy(np.stack([one_hot(s) for s in pair.sequences])))
    ref, alt = assemble(counts, pair.ref)[0], assemble(counts, pair.alt)[0]
    assert ref.shape == alt.shape == (4, 32)
    first, last = (e.start - pair.start) // 32, (e.end - 1 - pair.start) // 32
    touched = torch.zeros(32, dtype=torch.bool)
    # an insertion between bases belongs to the bin of either neighbour
    touched[min(first, (e.start - 1 - pair.start) // 32) : max(last, first) + 1] = True
    assert torch.equal(ref[:, ~touched], alt[:, ~touched])


@pytest.mark.parametrize(
    "indel", [(2000, 2064, ""), (2000, 2000, "ACGTA" * 8), (2300, 2340, "C"), (2600, 2690, "")]
)
def test_bins_between_the_variants_of_a_haplotype_hold_the_same_bases(genome, indel):
    others = {"A": "C"}
    snvs = [(at, at + 1, others.get(genome.fetch("chr1", at, at + 1), "A")) for at in (2200, 2420)]
    members = sorted([indel, *snvs])
    start, end = members[0][0], members[-1][1]
    insert, at = "", start
    for first, last, bases in members:
        insert += genome.fetch("chr1", at, first) + bases
        at = last
    kept = indel[0] + min(len(indel[2]), indel[1] - indel[0])
    e = Edit("chr1", start, end, insert, start + 1, "", "", border=(kept, indel[1]))
    pair = Aligned(GEOMETRY).pair(e, genome, 1700)
    with torch.inference_mode():
        counts = BaseCounter(1024)(torch.from_numpy(np.stack([one_hot(s) for s in pair.sequences])))
    ref, alt = assemble(counts, pair.ref)[0], assemble(counts, pair.alt)[0]
    touched = torch.zeros(32, dtype=torch.bool)
    for first, last, _ in members:
        touched[(first - 1 - 1700) // 32 : (max(last, first + 1) - 1 - 1700) // 32 + 1] = True
    assert touched.sum() < 8
    assert torch.equal(ref[:, ~touched], alt[:, ~touched])
    assert all(not torch.equal(ref[:, b], alt[:, b]) for b in [(s - 1700) // 32 for s, *_ in snvs])


def test_bins_inside_a_deletion_have_no_coverage(genome):
    e = edit(2000, 2128, "")
    pair = Aligned(GEOMETRY).pair(e, genome)
    with torch.inference_mode():
        counts = BaseCounter(1024)(torch.from_numpy(np.stack([one_hot(s) for s in pair.sequences])))
    alt = assemble(counts, pair.alt)[0].sum(0)
    inside = [
        b for b in range(32) if pair.start + 32 * b >= 2000 and pair.start + 32 * b + 32 <= 2128
    ]
    assert len(inside) in (3, 4)
    assert alt[inside].tolist() == [0] * len(inside)
    assert (alt[[b for b in range(32) if b not in inside]] == 32).all()


@pytest.mark.parametrize(("start", "end", "insert", "anchor"), [
    (100, 101, "A", 100),  # SNV: the base itself
    (100, 102, "GT", 100),  # MNV
    (100, 100, "A", 99),  # insertion: the base before, as a VCF writes it
    (100, 105, "", 99),  # deletion: likewise
    (100, 105, "A", 100),  # delins
])  # fmt: skip
def test_anchor(start, end, insert, anchor):
    assert edit(start, end, insert).anchor == anchor


def test_window_reaches_beyond_the_contig(genome):
    pair = Aligned(GEOMETRY).pair(edit(5, 5, "ACG"), genome)
    assert pair.sequences[0].startswith("N" * 507 + genome.fetch("chr1", 0, 5))
    assert pair.sequences[2].endswith(
        genome.fetch("chr1", 5, 500)[-20:] + genome.fetch("chr1", 500, 517)
    )


@pytest.mark.parametrize("added", [-3, 0, 3])
def test_replaced_bases_are_compared_not_lost(genome, added):
    # 100 bases replaced by 100 +- 3: at most the bins at the end of the edit lose anything
    e = edit(2000, 2100, "ACGTA" * 20 + "ACG" if added > 0 else ("ACGTA" * 20)[: 100 + added])
    pair = Aligned(GEOMETRY).pair(e, genome)
    with torch.inference_mode():
        counts = BaseCounter(1024)(torch.from_numpy(np.stack([one_hot(s) for s in pair.sequences])))
    assert (assemble(counts, pair.alt)[0].sum(0) == 32).all()
