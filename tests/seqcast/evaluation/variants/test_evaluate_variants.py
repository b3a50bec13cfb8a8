"""From files of variants and scores to a table of results."""

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, read_tsv
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.metrics.table import VALUES
from seqcast.evaluation.variants.baselines.registry import BASELINES
from seqcast.evaluation.variants.baselines.score_baselines import BaselineFiles
from seqcast.evaluation.variants.coefficients import KEYWORDS
from seqcast.evaluation.variants.evaluate_variants import (
    VariantFiles,
    VariantTables,
    evaluate_variants,
)
from tests.seqcast.evaluation.variants.benchmark_sets import (
    matched_set,
    write_saluki,
    write_scores,
    write_vcf,
)

REPORT = {"score": "logSED", "tracks": None}
EQTL = {"benchmark": "eqtl", "protocol": "matched_pairs", "groups": "PI", "genes": "MT",
        "strata": "PD<=1000,100", "truth": None}  # fmt: skip
KEYS = ["benchmark", "method", "origin", "part", "metric"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A planted benchmark of 40 pairs, with Saluki's scores of all but one positive."""
    folder = tmp_path_factory.mktemp("matched")
    vcfs, tables = matched_set(folder)
    saluki = []
    for vcf, skip in zip(vcfs, (1, 0), strict=True):
        names = [line.split("\t")[2] for line in vcf.read_text().splitlines()[2:]]
        rows = [(name, float(i % 7)) for i, name in enumerate(names)][skip:]
        saluki.append([write_saluki(folder / f"{vcf.stem}.tsv", rows)])
    return VariantFiles(vcfs, {"model": tables}, {}, BaselineFiles(saluki=saluki))


def evaluate(files, folder, benchmark, compat=None):
    made = VariantTables(folder / "results.tsv", folder / "variants.parquet")
    evaluate_variants(files, made, benchmark, REPORT, Resampling(50, 3), compat)
    return read_tsv(made.results, VALUES), pl.read_parquet(made.variants), made


@pytest.mark.parametrize("protocol", ["matched_pairs", "match_groups", "classification"])
def test_each_protocol(files, tmp_path, protocol):
    groups = "MG" if protocol == "match_groups" else "PI"
    found, rows, made = evaluate(files, tmp_path, {**EQTL, "protocol": protocol, "groups": groups})
    assert found.columns == [*KEYS, "value", "ci_low", "ci_high", "n", "note"]
    assert found.select(KEYS).is_duplicated().sum() == 0
    assert found["method"].unique(maintain_order=True).to_list()[:4] == [
        "model", "saluki", "distance", "random"]  # fmt: skip
    model = found.filter(method="model", part="PD<=1000", metric="roc_auc").row(0, named=True)
    assert model["value"] > model["ci_low"] > 0.5
    left_out = found.filter(metric="not_scored", method="saluki", part="PD<=1000")["note"][0]
    assert "1 not_in_scores" in left_out
    assert len(rows) == 100
    assert rows["model.status"].unique().to_list() == ["scored"]
    assert rows["saluki.score"].null_count() == 1
    facts = read_provenance(made.variants)
    assert (facts["protocol"], facts["seed"], facts["models"]) == (protocol, 3, {"model": [{}] * 4})


def test_the_arithmetic_of_the_notebooks_by_name(files, tmp_path):
    right, _, _ = evaluate(files, tmp_path, EQTL)
    original, _, _ = evaluate(files, tmp_path, EQTL, "borzuki")
    of_draws = pl.col("metric").str.contains("_of_draws") & pl.col("method").is_in(
        ["model", "saluki"]
    )
    assert right.select(KEYS).equals(original.select(KEYS))
    assert right.filter(~of_draws).equals(original.filter(~of_draws))
    told = original.filter(of_draws)["note"].unique().to_list()
    assert told == ["100 draws as in Borzuki's notebook"]
    n = original.filter(of_draws, pl.col("part") == "PD<=1000")["n"].unique().to_list()
    assert n == [int(0.8 * 39)]  # without the positive that Saluki lacks
    groups = {**EQTL, "protocol": "match_groups", "groups": "MG", "strata": "DI", "genes": "max"}
    original, _, _ = evaluate(files, tmp_path, groups, "borzuki")
    assert original.filter(of_draws)["note"].unique().to_list() == [
        "1000 draws as in Borzuki's notebook"]  # fmt: skip


@pytest.mark.parametrize("protocol", ["matched_pairs", "match_groups", "classification"])
@pytest.mark.parametrize(
    ("case", "rows", "reason"),
    [("no negatives", 10, ""), ("no variants", 0, ""), ("no numbers", 25, "prediction_not_finite"),
     ("one file twice", 20, "20 in_both_classes")],
)  # fmt: skip
def test_sets_that_allow_no_number(tmp_path, protocol, case, rows, reason):
    vcfs, tables = matched_set(tmp_path, pairs=10)
    empty, nothing = write_vcf(tmp_path / "e.vcf", []), write_scores(tmp_path / "e.parquet", [])
    names = [line.split("\t")[2] for line in vcfs[0].read_text().splitlines()[2:]]
    lacking = [(name, "G1", "prediction_not_finite", None) for name in names]
    given = {
        "no negatives": ([vcfs[0], empty], [tables[0], [nothing] * 2]),
        "no variants": ([empty] * 2, [[nothing]] * 2),
        "no numbers": (vcfs, [[write_scores(tmp_path / "n.parquet", lacking)], [nothing]]),
        "one file twice": ([vcfs[0]] * 2, [tables[0]] * 2),
    }
    truth, scores = given[case]
    benchmark = {**EQTL, "protocol": protocol}
    found, table, _ = evaluate(VariantFiles(truth, {"model": scores}), tmp_path, benchmark)
    model = found.filter(method="model", part="PD<=1000")
    metrics = model.filter(metric="roc_auc").row(0, named=True)
    assert metrics["value"] is None
    assert metrics["note"]
    left_out = model.filter(metric="not_scored").row(0, named=True)
    assert left_out["n"] == rows == len(table)
    assert reason in left_out["note"]


def test_unknown_names_are_refused(files, tmp_path):
    with pytest.raises(InputError, match="protocol is 'auc'; expected one of classification"):
        evaluate(files, tmp_path, {**EQTL, "protocol": "auc"})
    with pytest.raises(InputError, match="compat is 'baskerville'; expected borzuki"):
        evaluate(files, tmp_path, EQTL, "baskerville")


def test_origins_and_published_numbers(files, tmp_path):
    published = tmp_path / "published.tsv"
    published.write_text(
        "benchmark\tmethod\tpart\tmetric\tvalue\tsource\tsame_rows\n"
        "eqtl\tmodel\tPD<=1000\troc_auc_of_draws\t0.7\tfigure 1\tno: fewer variants\n"
    )
    found, _, _ = evaluate(files._replace(published=published), tmp_path, EQTL)
    origins = found.filter(pl.col("method") != "model").select("method", "origin").unique()
    baselines = ("saluki", "distance", "random")
    assert dict(origins.rows()) == {
        **dict.fromkeys(BASELINES, "baseline"),  # a row each, if only to say what it lacks
        **{f"model minus {name}": "difference" for name in baselines},
    }
    assert set(found.filter(method="model")["origin"]) == {"not recorded", "published, other rows"}
    assert found.row(-1, named=True)["note"] == "figure 1; fewer variants"


def test_files_from_the_lists_of_a_job():
    scores = ["a.p0", "a.p1", "a.n0", "a.n1", "b.p0", "b.n0"]
    found = VariantFiles.of(["p", "n"], {"a": 2, "b": 1}, scores, ["a.tracks"], [])
    assert found == VariantFiles(
        ["p", "n"],
        {"a": [["a.p0", "a.p1"], ["a.n0", "a.n1"]], "b": [["b.p0"], ["b.n0"]]},
        {"a": "a.tracks"},
    )
    given = ["p0", "p1", "n0", "n1"]
    others = {"saluki": given, "genome": "g.fa", "beside": ["g.fa.fai"], "score_tables": ["c.tsv"]}
    assert VariantFiles.of(["p", "n"], {}, [], [], [], **others).baselines == BaselineFiles(
        "g.fa", saluki=(["p0", "p1"], ["n0", "n1"]), score_tables=["c.tsv"]
    )


EQTL_PARTS = {f"PD<={bound}" for bound in (10000, 2000, 500, 300, 200, 100, 50)}
RATES = {"roc_auc", "average_precision", "roc_auc_of_draws", "average_precision_of_draws"}


@pytest.mark.parametrize(
    ("name", "parts", "metrics"),
    [
        ("eqtl_utr3", {*EQTL_PARTS, "all"}, {*RATES, "pairwise_accuracy"}),
        ("traitgym_3prime", {"all"}, {*RATES, "auprc_by_chromosome", "auprc_by_chromosome_se"}),
        ("gtex_coefficients", {"mean of tissues", *KEYWORDS}, {"spearman"}),
    ],
)
def test_published_numbers_have_the_names_of_ours(root, name, parts, metrics):
    table = read_tsv(root / f"resources/published/{name}.tsv", {"value": pl.Float64})
    assert table.columns == [
        "benchmark", "method", "part", "metric", "value", "source", "same_rows"]  # fmt: skip
    assert table.select("benchmark", "method", "part", "metric").is_duplicated().sum() == 0
    assert set(table["part"]) <= parts
    assert set(table["metric"]) <= metrics
    assert table["value"].is_between(0, 1).all()
    assert table["same_rows"].str.starts_with("no: ").all()
