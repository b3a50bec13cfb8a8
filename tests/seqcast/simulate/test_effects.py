"""True effects on tracks against the loop over bases, on genes edited as the VCF says."""

from math import log

import pytest

from seqcast.genome.sequence import reverse_complement
from seqcast.simulate.assays import ASSAYS
from seqcast.simulate.effects import edit_of, true_effects
from seqcast.simulate.expected import exon_positions
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.truth import evaluate
from seqcast.simulate.variants import draw_variants
from tests.seqcast.simulate.coverage_oracle import base_coverage


@pytest.fixture(scope="module")
def genome(parameters):
    return draw_genome(parameters, 3)


@pytest.fixture(scope="module")
def variants(genome):
    return [v for v in draw_variants(genome) if v.kind != "unscorable"]


def edited_contig(genome, v) -> str:
    contig = genome.contigs[v.chrom]
    assert contig[v.pos - 1 :].startswith(v.ref)
    return contig[: v.pos - 1] + v.alt + contig[v.pos - 1 + len(v.ref) :]


def test_edits_are_what_the_vcf_says(genome, variants) -> None:
    kinds = set()
    for v in variants:
        edit = edit_of(genome, v)
        edited = edit.placed.gene.edited(edit.start, edit.end, edit.insert).sequence
        if edit.placed.strand == "-":
            edited = reverse_complement(edited)
        start = edit.placed.slot_start
        assert edited_contig(genome, v)[start : start + len(edited)] == edited
        kinds.add((edit.placed.strand, len(v.alt) - len(v.ref)))
    assert {("+", 0), ("-", 0), ("+", 3), ("-", 3)} <= kinds
    assert any(size < 0 for _, size in kinds)


def test_effects_equal_the_loop_over_bases(genome, variants, parameters) -> None:
    # one of each kind and element, SNVs and indels: the loop takes a second for ten variants
    first = {(v.kind, v.element, len(v.alt) - len(v.ref)): v for v in variants}
    chosen = [v for key, v in first.items() if key[0] == "causal"][:8]
    chosen += [next(v for v in variants if v.kind == "decoy")]
    table = true_effects(genome, chosen)
    for v, row in zip(chosen, table.iter_rows(named=True), strict=True):
        edit = edit_of(genome, v)
        before = edit.placed.gene
        after = before.edited(edit.start, edit.end, edit.insert)
        for assay in ("sim_actd_0h", "sim_actd_8h", "sim_4su_1h", "sim_total", "sim_clip_are"):
            ratio = oracle_sum(after, assay, parameters) / oracle_sum(before, assay, parameters)
            assert row[f"{assay}+"] == pytest.approx(log(ratio), abs=1e-9)
            wanted = oracle_sum(before, assay, parameters)
            assert row[f"ref_{assay}+"] == pytest.approx(wanted, rel=1e-9)
        assert row["true_dlogk"] == pytest.approx(v.dlogk, abs=1e-12)


def oracle_sum(gene, assay: str, parameters) -> float:
    truth = evaluate(gene, parameters)
    return sum(base_coverage(gene, truth, assay, x) for x in exon_positions(gene).tolist())


def test_neutral_variants_have_no_effect(genome, variants) -> None:
    table = true_effects(genome, variants)
    assert table["variant"].to_list() == [v.id for v in variants]
    tracks = [f"{assay.name}+" for assay in ASSAYS]
    for v, row in zip(variants, table.iter_rows(named=True), strict=True):
        if v.kind != "causal":
            # an indel makes the transcript as much longer: 9 of about 1,000 bases at most
            limit = 0.0 if len(v.ref) == len(v.alt) else 0.02
            assert all(abs(row[name]) <= limit for name in tracks)
            assert row["true_dlogk"] == row["true_dloglevel"] == 0


def test_unscorable_rows_are_left_out(genome) -> None:
    variants = draw_variants(genome)
    n = sum(v.kind == "unscorable" for v in variants)
    assert n == 6
    assert true_effects(genome, variants).height == len(variants) - n
    assert true_effects(genome, []).width == 11 + 2 * len(ASSAYS)
