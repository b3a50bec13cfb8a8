"""All baselines of a benchmark from files: whose scores and statuses they are."""

import numpy as np
import polars as pl
import pybigtools
import pytest

from seqcast.core.store import read_tsv, write_table
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.metrics.table import VALUES
from seqcast.evaluation.variants.baselines.registry import BASELINES
from seqcast.evaluation.variants.baselines.score_baselines import BaselineFiles
from seqcast.evaluation.variants.evaluate_variants import (
    VariantFiles,
    VariantTables,
    evaluate_variants,
)
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.fasta import Genome
from seqcast.genome.variants import check_variants
from seqcast.genome.vcf import read_variants
from tests.seqcast.evaluation.variants.benchmark_sets import write_scores, write_vcf

PAIRS, CHROMOSOMES, LENGTH_BP = 48, 4, 6000
ROW = {"benchmark": "b", "protocol": "matched_pairs", "groups": "PI", "genes": "MT", "strata": "PD",
       "truth": "KIND=causal/matched", "conservation": "phyloP=p.bw", "score_tables": "CADD=c.tsv:PHRED",
       "assembly": "sim"}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """48 causal SNVs that make an AUUUA, each with a partner in another gene of its chromosome."""
    folder = tmp_path_factory.mktemp("baselines")
    rng = np.random.default_rng(4)
    contigs = {f"c{i}": rng.choice(list("ACG"), LENGTH_BP) for i in range(CHROMOSOMES)}
    records, scores, table, values = [], [], [], []
    for i in range(PAIRS):
        chrom, name = f"c{i % CHROMOSOMES}", ""
        for j, kind in enumerate(("causal", "matched")):
            pos = 700 + 100 * (i // CHROMOSOMES) + 2000 * j + j * (i % 7)
            if kind == "causal":
                contigs[chrom][pos - 3 : pos + 2] = list("ATCTA")
            ref, alt = contigs[chrom][pos - 1], "T"
            variant = f"{chrom}_{pos}_{ref}_{alt}"
            name = name or variant
            gene = f"G{chrom}"
            records.append((variant, {"KIND": kind, "PI": name, "MT": gene, "PD": 10 + j}))
            scores.append((variant, gene, "scored", (rng.normal(1 - j),) * 2))
            table.append(f"{chrom}\t{pos}\t{ref}\t{alt}\t{1 - j + rng.normal() / 9:.3f}")
            values.append((chrom, pos - 1, pos, 1.0 - j))
    records.append((f"c0_3_{'T'}_A", {"KIND": "causal", "PI": "x", "MT": "Gc0", "PD": 1}))
    (folder / "g.fa").write_text("".join(f">{n}\n{''.join(s)}\n" for n, s in contigs.items()))
    genes = [Gene(f"G{n}.4", n, n, "+", ((500, 5900),)) for n in contigs]
    Annotation(tuple(genes)).write(folder / "genes.parquet")
    vcf = write_vcf(folder / "v.vcf", records)
    with Genome(folder / "g.fa") as genome:
        write_table(check_variants(read_variants(vcf), genome), folder / "checked.parquet", {})
    head = "chrom\tpos\tref\talt\tPHRED\n"
    (folder / "c.tsv").write_text(head + "\n".join(table[:-2]) + "\n")
    writer = pybigtools.open(str(folder / "p.bw"), "w")
    writer.write(dict.fromkeys(contigs, LENGTH_BP), iter(sorted(values)))
    baselines = BaselineFiles(folder / "g.fa", folder / "genes.parquet", None, [folder / "checked.parquet"],
                              [folder / "p.bw"], [folder / "c.tsv"])  # fmt: skip
    model = write_scores(folder / "s.parquet", scores)
    return VariantFiles([vcf], {"model": [[model]]}, {}, baselines)


@pytest.fixture(scope="module")
def evaluated(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluated")
    made = VariantTables(folder / "r.tsv", folder / "v.parquet")
    report = {"score": "logSED", "tracks": None}
    evaluate_variants(files, made, ROW, report, Resampling(200, 3))
    return read_tsv(made.results, VALUES), pl.read_parquet(made.variants)


def test_each_baseline_has_a_number_or_the_reason_why_not(evaluated):
    results, _ = evaluated
    rows = results.filter(origin="baseline", metric="not_scored")
    left_out = rows.filter(pl.col("note").str.starts_with("left out: "))
    assert left_out["method"].to_list() == ["saluki"]
    scored = {
        row["method"] for row in results.filter(metric="roc_auc", origin="baseline").to_dicts()
    }
    files = {"conservation", "score_tables"}
    assert scored == set(BASELINES) - files - {"saluki"} | {"phyloP", "CADD"}


def test_baselines_find_what_was_planted(evaluated):
    results, _ = evaluated
    auc = dict(results.filter(metric="roc_auc").select("method", "value").iter_rows())
    assert auc["phyloP"] == 1
    assert auc["CADD"] > 0.98
    assert auc["kmer"] > 0.9  # AUUUA appears
    assert auc["distance"] == 1
    assert 0.3 < auc["random"] < 0.7


def test_each_row_has_the_status_of_each_baseline(evaluated):
    results, rows = evaluated
    mismatch = rows.filter(pos=3)
    for name in ("kmer", "pas_distance", "phyloP", "CADD"):
        assert mismatch[f"{name}.status"].to_list() == ["ref_mismatch"]
    assert rows["CADD.status"].value_counts(sort=True).rows() == [
        ("scored", 94), ("not_in_scores", 2), ("ref_mismatch", 1)]  # fmt: skip
    told = results.filter(method="CADD", metric="not_scored")["note"][0]
    assert told == "2 not_in_scores; 1 ref_mismatch"
    assert rows.filter(pos=700)["pas_distance.score"].to_list() == [-(5899 - 699.0)] * 4


def test_differences_are_of_a_model_and_carry_p_values(evaluated):
    results, _ = evaluated
    differences = results.filter(metric="roc_auc_difference")
    assert differences["method"].str.starts_with("model minus ").all()
    p, corrected = (results.filter(metric=f"roc_auc_difference_{name}") for name in ("p", "p_holm"))
    assert p["method"].to_list() == corrected["method"].to_list() == differences["method"].to_list()
    assert (corrected["value"] >= p["value"]).all()
    assert corrected["note"].unique().to_list() == [f"Holm's correction; comparisons: {len(p)}"]
    inside = (differences["ci_low"] <= 0) & (differences["ci_high"] >= 0)
    assert ((p["value"] > 0.02) | ~inside).all()  # a clear p-value comes with an interval beside 0


@pytest.mark.parametrize("protocol", ["classification", "match_groups"])
def test_other_protocols_take_the_same(files, tmp_path, protocol):
    made = VariantTables(tmp_path / "r.tsv", tmp_path / "v.parquet")
    evaluate_variants(
        files, made, {**ROW, "protocol": protocol}, {"score": "logSED"}, Resampling(20, 3)
    )
    found = read_tsv(made.results, VALUES)
    assert {"kmer", "phyloP", "CADD"} <= set(found.filter(metric="roc_auc")["method"])


def test_signed_effects_have_baselines_of_classes(files, tmp_path):
    made = VariantTables(tmp_path / "r.tsv", tmp_path / "v.parquet")
    row = {**ROW, "protocol": "coefficients", "truth": "PD", "groups": "", "strata": ""}
    twice = VariantFiles(files.truth, files.scores, {}, files.baselines)
    evaluate_variants(twice, made, row, {"score": "logSED"}, Resampling(20, 3))
    found = read_tsv(made.results, VALUES).filter(method="phyloP")
    note = found.filter(metric="not_scored")["note"][0]
    assert "96 no_direction" in note
