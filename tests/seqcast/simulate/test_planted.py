"""The variants for the test of predictions: what each kind is, and that its truth says so."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import polars as pl
import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.simulate import simulate_genome
from seqcast.simulate.effects import edit_of
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.planted import KINDS, draw_planted
from seqcast.simulate.variants import draw_variants

NOT_MEASURED = {
    "annotation.gtf", "elements.tsv", "genes.tsv", "genome.fa", "genome.fa.fai",
    "half_life_ceiling.tsv", "half_lives.tsv", "transcripts.tsv", "variants.vcf",
}  # fmt: skip
MEASURED = {
    "coverage", "held_out.bed", "labelled_reads.tsv", "mpra_oligos.tsv", "neg_merge.vcf",
    "null_variants.vcf", "planted_effects.tsv",
    "planted_variants.vcf", "pos_merge.vcf", "reads.fastq", "targets.tsv", "variant_effects.tsv",
}  # fmt: skip


@pytest.fixture(scope="module")
def small(parameters):
    return replace(parameters, planted_snvs=30, planted_decoys=6, planted_ares=5)


@pytest.fixture(scope="module")
def genome(small):
    return draw_genome(small, 3)


@pytest.fixture(scope="module")
def planted(genome):
    return draw_planted(genome)


def test_counts_and_places(planted) -> None:
    counts = Counter(v.kind for v in planted)
    assert counts == dict(zip(KINDS, (30, 30, 6, 6, 5, 5), strict=True))
    assert {v.chrom for v in planted} == {"chrS2"}
    assert [v.pos for v in planted] == sorted(v.pos for v in planted)
    assert len({v.id for v in planted}) == len(planted)
    by_element = Counter(v.element for v in planted if v.kind == "causal")
    assert by_element == dict.fromkeys(("ARE", "PUM", "MIR", "STB", "PAS"), 6)


def test_other_files_do_not_depend_on_them(genome, parameters) -> None:
    assert draw_variants(genome) == draw_variants(draw_genome(parameters, 3))


def test_pairs_match(genome, planted) -> None:
    by_id = {v.id: v for v in planted}
    for v in planted:
        partner = by_id[v.pair]
        if v.kind in ("causal", "decoy", "one_u_lost"):
            assert partner is v
        elif v.kind != "two_u_lost":
            assert (v.ref, v.alt) == (partner.ref, partner.alt)
            assert v.kind == {"causal": "matched"}.get(partner.kind, "decoy_matched")
            assert v.trait != partner.trait
            assert v.dlogk == v.dloglevel == 0
        if v.kind.startswith("decoy"):
            place, other = (edit_of(genome, w) for w in (v, partner))
            sides = [e.start < e.placed.gene.cleavage[0] for e in (place, other)]
            assert sides[0] == sides[1]  # both in an intron, or both between genes
            exons = place.placed.gene.exons
            assert not any(start <= place.start < end for start, end in exons)


def test_two_losses_weigh_more_than_one(planted) -> None:
    one = {v.pair: v for v in planted if v.kind == "one_u_lost"}
    two = {v.pair: v for v in planted if v.kind == "two_u_lost"}
    assert one.keys() == two.keys()
    for pair, v in two.items():
        assert v.trait == one[pair].trait
        assert v.dlogk < one[pair].dlogk <= -0.1
        changed = [i for i, (a, b) in enumerate(zip(v.ref, v.alt, strict=True)) if a != b]
        assert changed == [0, 8]
        # in an mRNA with one poly(A) site: 0.6 and 1 of 0.70 (Parameters.elements)
        if v.dlogk == pytest.approx(-0.7):
            assert one[pair].dlogk == pytest.approx(-0.42)


def test_too_many(genome) -> None:
    for name, match in [("planted_ares", "AU-rich"), ("planted_decoys", "decoys"),
                        ("planted_snvs", "functioning")]:  # fmt: skip
        wanted = replace(genome.parameters, **{name: 9999})
        with pytest.raises(InputError, match=f"9999 {match}"):
            draw_planted(replace(genome, parameters=wanted))


def test_files(small, planted, tmp_path: Path) -> None:
    simulate_genome(small, 3, tmp_path, measured=True)
    kinds = {}
    for name in ("planted_variants", "pos_merge", "neg_merge"):
        with pysam.VariantFile(str(tmp_path / f"{name}.vcf")) as file:
            kinds[name] = [record.info["KIND"] for record in file]
    assert kinds["planted_variants"] == [v.kind for v in planted]
    assert kinds["pos_merge"] == ["causal"] * 30
    assert kinds["neg_merge"] == ["matched"] * 30
    effects = pl.read_csv(tmp_path / "planted_effects.tsv", separator="\t")
    assert effects["variant"].to_list() == [v.id for v in planted]
    assert effects["kind"].to_list() == kinds["planted_variants"]
    expected = [v.dlogk for v in planted]
    assert effects["true_dlogk"].to_list() == pytest.approx(expected, abs=1e-6)  # 6 decimals
    assert len(list((tmp_path / "coverage").iterdir())) == 22
    assert {path.name for path in tmp_path.iterdir()} == MEASURED | NOT_MEASURED


def test_measuring_changes_no_other_file(small, written, tmp_path: Path) -> None:
    simulate_genome(small, 3, tmp_path, measured=True)
    for name in NOT_MEASURED:
        assert (tmp_path / name).read_bytes() == (written.folder / name).read_bytes()
