"""Joint effects of haplotypes, and the sums of what their variants do alone."""

import numpy as np
import polars as pl
import pytest

from seqcast import api
from seqcast.core.errors import InputError
from seqcast.genome.haplotypes import check_file
from seqcast.predict.variants.haplotype_effects import compare_haplotypes
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.variant_effects import score_variants

OPTIONS = ScoreOptions(reverse_complement=False)  # the counting model knows no strands
TRACKS = pl.DataFrame({"description": ["A of a pair", "G", "T"]})


@pytest.fixture(scope="module")
def vcf(genome, tmp_path_factory):
    """Three SNVs of an exon on one copy, of which the last has an impossible neighbour."""
    path = tmp_path_factory.mktemp("phased") / "in.vcf"
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr1>",
             '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
             "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT s1 s2".replace(" ", "\t")]  # fmt: skip
    for name, pos, cells in (("a", 2100, "0|1\t1/1"), ("b", 2105, "0|1\t0/0"),
                             ("c", 2111, "0|1\t1/1"), ("d", 2190, "1|0\t0/0")):  # fmt: skip
        ref = genome.fetch("chr1", pos - 1, pos)
        alt = "A" if ref != "A" else "G"
        lines.append(f"chr1\t{pos}\t{name}\t{ref}\t{alt}\t.\t.\t.\tGT\t{cells}")
    lines.append(f"chr1\t2192\te\t{genome.fetch('chr1', 2191, 2192)}\t<DEL>\t.\t.\t.\tGT\t1|0\t0/0")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def variants(vcf, genome):
    return check_file(vcf, genome, haplotype_span_bp=50)


@pytest.fixture(scope="module")
def scores(variants, model, genome, annotation, tracks):
    return score_variants(model, variants, genome, annotation, tracks, OPTIONS).gene


def test_counts_of_a_haplotype_are_the_sum_of_its_variants(variants, scores):
    found = compare_haplotypes(scores, TRACKS, variants, "SED")
    of_gene = found.filter(gene_id="G1.1")
    assert of_gene.select("members", "n_members", "n_scored", "carriers", "samples").rows() == [
        ("a,b,c", 3, 3, 1, "s1"), ("a,c", 2, 2, 2, "s2")]  # fmt: skip
    changes = np.array(scores.filter(gene_id="G1.1").filter(pl.col("row") < 3)["SED"].to_list())
    assert np.abs(changes).sum(1).min() > 0  # else the test says nothing
    expected = [changes.sum(0).mean(), changes[[0, 2]].sum(0).mean()]
    np.testing.assert_allclose(of_gene["sum_of_singles"], expected, rtol=1e-6)
    np.testing.assert_allclose(of_gene["joint"], expected, rtol=1e-6)
    np.testing.assert_allclose(of_gene["difference"], 0, atol=1e-6)


def test_haplotypes_of_a_file_are_scored_from_python_too(vcf, scores, model, genome, annotation,
                                                         tracks):  # fmt: skip
    given = {"haplotype_span_bp": 50, "reverse_complement": False}
    found = api.score_variants(model, vcf, genome, annotation, tracks, **given)
    assert found.gene.equals(scores)


def test_logs_of_counts_do_not_add_up(variants, scores):
    found = compare_haplotypes(scores, TRACKS, variants, "logSED", "^G$").filter(gene_id="G1.1")
    own = scores.filter(gene_id="G1.1")
    log_sed = dict(zip(own["variant"], own["logSED"].to_numpy()[:, 1].tolist(), strict=True))
    joint = log_sed[found["variant"][0]]
    total = sum(log_sed[name] for name in "abc")
    assert found.select("joint", "sum_of_singles", "difference").row(0) == pytest.approx(
        (joint, total, joint - total)
    )


def test_a_haplotype_without_scores_keeps_its_status(variants, scores):
    found = compare_haplotypes(scores, TRACKS, variants).filter(members="d,e")
    row = found.row(0, named=True)
    assert (row["status"], row["gene_id"], row["n_scored"]) == ("member_unusable", None, 0)
    assert (row["joint"], row["sum_of_singles"], row["difference"]) == (None, None, None)
    assert len(found) == 1


def test_a_sum_needs_all_members(variants, scores):
    cut = scores.filter((pl.col("row") != 1) | (pl.col("gene_id") != "G1.1"))
    found = compare_haplotypes(cut, TRACKS, variants).filter(gene_id="G1.1")
    assert found["n_scored"].to_list() == [2, 2]
    assert found["sum_of_singles"].is_null().to_list() == [True, False]
    assert found["joint"].null_count() == 0


def test_a_score_that_is_not_there_is_told(variants, scores):
    with pytest.raises(InputError, match="no score 'COVR'"):
        compare_haplotypes(scores, TRACKS, variants, "COVR")
