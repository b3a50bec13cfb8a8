"""Percentiles, calls and stacks, by counting and on scores whose worth is known."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.store import read_provenance, write_table
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.variants.agreement import (
    ComparisonFiles,
    Measure,
    compare,
    write_comparison,
)
from seqcast.evaluation.variants.cross_model import (
    BLOCKS,
    CALLED,
    LEAST_CONTROLS,
    Across,
    CrossModelFiles,
    _among,
    among_nulls,
    blocks,
    calls_by_kind,
    compare_across,
    leading,
    most_different,
    read_across,
    stack_rows,
    stacked,
    with_calls,
)
from tests.seqcast.evaluation.variants.tables import coverage, mrna
from tests.seqcast.evaluation.variants.test_known_effects import HEADER, KIND, NAMES

MEASURED = (
    Measure("a", "mean |logSED|", "a.size", "coverage"),
    Measure("b", "L2_mean", "b.size", "mrna"),
    Measure("b", "|LLR|", "b.LLR", "mrna"),
)
HOW = Resampling(50)


def scored(n=200, a=1.5, b=1.0, seed=0):
    """Every other variant is causal; both models see a part of it, each with noise of its own."""
    rng = np.random.default_rng(seed)
    causal = (np.arange(n) % 2).astype(float)
    table = pl.DataFrame(
        {
            "row": np.arange(n), "variant": [f"v{i}" for i in range(n)], "chrom": ["chr1"] * n,
            "gene_id": [f"G{i // 4}" for i in range(n)],
            "a.size": np.exp(rng.normal(size=n) + a * causal),
            "b.size": np.exp(rng.normal(size=n) + b * causal), "b.LLR": rng.normal(size=n),
        }
    )  # fmt: skip
    return table, pl.DataFrame({"row": np.arange(n), "label": causal.astype(int)})


def test_a_percentile_is_the_share_of_the_other_controls_below():
    table, labels = scored()
    found = with_calls(table, leading(MEASURED), labels)
    controls = table["a.size"].to_numpy()[::2]
    for i in (0, 1, 7, 10):
        others = np.delete(controls, i // 2) if i % 2 == 0 else controls
        assert found["a.percentile"][i] == pytest.approx((others < table["a.size"][i]).mean())
    assert found["kind"].to_list() == ["matched", "causal"] * 100
    calls = (found.select("a.percentile", "b.percentile").to_numpy() >= CALLED).sum(axis=1)
    assert found["models_calling"].to_list() == calls.tolist()
    assert found["disagreement"][3] == abs(found["a.percentile"][3] - found["b.percentile"][3])


def test_equal_sizes_count_one_half_and_missing_ones_nowhere():
    table, labels = scored()
    table = table.with_columns(
        pl.Series("a.size", [0.0] * 200),
        pl.when(pl.col("row") == 5).then(None).otherwise("b.size").alias("b.size"),
    )
    found = with_calls(table, leading(MEASURED), labels)
    assert set(found["a.percentile"]) == {0.5}
    assert found.select("b.percentile", "models_scored", "disagreement").row(5) == (None, 1, None)


def test_without_controls_all_variants_are():
    table, _ = scored()
    found = with_calls(table, leading(MEASURED))
    assert found["a.percentile"].mean() == pytest.approx(0.5)
    assert found["kind"].null_count() == 200
    assert calls_by_kind(found)["group"].to_list() == [f"all, called by {k} of 2" for k in range(3)]


def test_calls_add_up_by_kind():
    table, labels = scored()
    numbers = calls_by_kind(with_calls(table, leading(MEASURED), labels))
    for kind in ("causal", "matched"):
        own = numbers.filter(pl.col("group").str.starts_with(kind))
        assert own["value"].sum() == pytest.approx(1)
        assert set(own["n"]) == {100}
    both = dict(numbers.select("group", "value").iter_rows())
    assert both["causal, called by 0 of 2"] < both["matched, called by 0 of 2"]


def test_models_differ_most_where_their_percentiles_do():
    table, labels = scored()
    found = with_calls(table, leading(MEASURED), labels)
    most = most_different(found, 3)
    assert (
        most["disagreement"].to_list() == found["disagreement"].sort(descending=True)[:3].to_list()
    )
    assert found["variant"].gather(most["place"]).to_list() == most["variant"].to_list()


def test_a_stack_is_better_if_models_know_different_things():
    table, labels = scored(300, 1.2, 1.2)
    rows = {(m, g): v for m, g, *v in stack_rows(table, MEASURED, labels, HOW)}
    single = rows["auroc", "a mean |logSED|"]
    stack = rows["auroc", "stack"]
    assert stack[0] > single[0] + 0.02
    difference = rows["auroc_difference", "stack less a mean |logSED|"]
    assert difference[0] == pytest.approx(stack[0] - single[0])
    assert difference[1] <= difference[0] <= difference[2]
    assert stack[3] == 300
    assert stack[4] == "nested cross-validation over 5 parts of neighbouring genes on chr1"


def test_a_measure_without_numbers_is_no_part_of_a_stack():
    table, labels = scored()
    without = table.with_columns(pl.lit(None, pl.Float64).alias("b.LLR"))
    found = stack_rows(without, MEASURED, labels, HOW)
    assert found == stack_rows(table, MEASURED[:2], labels, HOW)
    nothing = table.with_columns(pl.lit(None, pl.Float64).alias(m.column) for m in MEASURED)
    ((measure, group, value, *_),) = stack_rows(nothing, MEASURED, labels, HOW)
    assert (measure, group, value) == ("auroc", "stack", None)


def test_no_row_is_predicted_by_a_stack_that_saw_its_group():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 2))
    labels, groups = (features[:, 0] + rng.normal(size=60) > 0).astype(int), np.arange(60) % 3
    before = stacked(features, labels, groups)
    changed = np.where(groups == 2, 1 - labels, labels)
    assert (stacked(features, changed, groups)[groups == 2] == before[groups == 2]).all()
    assert (stacked(features, changed, groups)[groups == 1] != before[groups == 1]).any()


def test_blocks_are_chromosomes_or_neighbouring_genes():
    places, said = blocks(["chr1", "chr2", "chr3", "chr1"], ["A", "B", "C", "D"])
    assert (places.tolist(), said) == ([0, 1, 2, 0], "3 chromosomes")
    places, said = blocks(["chr1"] * 20, [f"G{i // 2}" for i in range(20)])
    assert places.tolist() == np.repeat(range(BLOCKS), 4).tolist()
    assert said == "5 parts of neighbouring genes on chr1"


def test_too_few_labelled_variants_have_no_stack():
    table, labels = scored(16)
    ((measure, group, value, *_, note),) = stack_rows(table, MEASURED, labels, HOW)
    assert (measure, group, value) == ("auroc", "stack", None)
    assert note.startswith("all models scored fewer")


def test_files_become_tables(tmp_path):
    compared = compare([coverage()], [mrna()], resamples=0)
    paths = [tmp_path / name for name in ("c.parquet", "c.tsv", "r.tsv")]
    write_comparison(compared, {"borzuki": {"fold": "0"}}, ComparisonFiles(*paths))
    vcf = tmp_path / "v.vcf"
    vcf.write_text(HEADER + KIND + NAMES + "chr1\t10\ta\tA\tC\t.\t.\tKIND=causal\n")
    made = CrossModelFiles(tmp_path / "x.parquet", tmp_path / "x.tsv")
    compare_across(paths[0], paths[2], vcf, made)
    found = read_across(*made)
    assert isinstance(found, Across)
    assert found.table.height == compared.table.height
    assert set(found.numbers["measure"]) == {"called"}  # one class: no stack
    assert read_provenance(made.table)["models"] == {"borzuki": {"fold": "0"}}
    assert found.among == "all"


def test_words_and_percentiles_count_the_same_controls(tmp_path):
    """The set has 100 controls, but models scored too few of them."""
    table, labels = scored()
    few = table.filter((pl.col("row") % 2 == 1) | (pl.col("row") < 2 * LEAST_CONTROLS - 2))
    for rows, among in ((table, "matched"), (few, "all")):
        found = with_calls(rows, leading(MEASURED), labels)
        assert _among(found, {}) == among
        is_all = found["a.percentile"].mean() == pytest.approx(0.5)
        assert is_all == (among == "all")


def percentile_files(folder, table, scores=("logSED", "L2_mean")):
    """Percentiles of both models: of a, 99 for every other row; of b, one less than 100."""
    paths = [folder / "a.parquet", folder / "b.parquet"]
    keys = table.select("row", "gene_id")[::-1]
    odd = pl.when(pl.col("row") % 2 == 1)
    for path, score, values in zip(
        paths, scores, (odd.then(99.0).otherwise(10.0), odd.then(95.0).otherwise(None)), strict=True
    ):
        facts = {"model": path.stem, "nulls": "common.1a"}
        write_table(keys.with_columns(values.alias(f"{score}_percentile")), path, facts)
    return paths


def test_null_variants_of_all_models_are_preferred_to_controls(tmp_path):
    table, labels = scored()
    measured = [Measure("a", "mean |logSED|", "a.logSED_mean_abs", "coverage"),
                Measure("b", "L2_mean", "b.L2_mean", "mrna")]  # fmt: skip
    table = table.rename({"a.size": "a.logSED_mean_abs", "b.size": "b.L2_mean"})
    nulls = among_nulls(measured, percentile_files(tmp_path, table))
    assert {name: one.name for name, one in nulls.items()} == {"a": "common.1a", "b": "common.1a"}
    found = with_calls(table, measured, labels, nulls)
    assert found["a.percentile"][:2].to_list() == pytest.approx([0.1, 0.99])
    assert found["b.percentile"][:2].to_list() == [None, pytest.approx(0.95)]
    assert found["models_calling"].to_list() == [0, 2] * 100
    assert found["models_scored"].to_list() == [1, 2] * 100


def test_percentiles_of_one_model_alone_are_not_mixed_with_controls(tmp_path):
    table, _ = scored()
    measured = [Measure("a", "mean |logSED|", "a.logSED_mean_abs", "coverage"),
                Measure("b", "L2_mean", "b.L2_mean", "mrna")]  # fmt: skip
    assert among_nulls(measured, percentile_files(tmp_path, table)[:1]) == {}
    assert among_nulls(measured, percentile_files(tmp_path, table, ("logSED", "LLR"))) == {}
