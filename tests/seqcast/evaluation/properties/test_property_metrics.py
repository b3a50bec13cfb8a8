"""Methods side by side: each number again by scikit-learn and scipy from the same tables."""

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn import metrics as sk

from seqcast.core.errors import InputError
from seqcast.core.store import write_table
from seqcast.datasets.properties.duplicates import sequence_numbers
from seqcast.datasets.properties.labelled import PropertyData
from seqcast.evaluation.metrics.published import PUBLISHED, read_published
from seqcast.evaluation.metrics.table import RESULTS
from seqcast.evaluation.properties.evaluate_property import from_results, to_results
from seqcast.evaluation.properties.property_metrics import (
    COLUMNS,
    best_methods,
    evaluate_methods,
    overall,
)
from seqcast.predict.properties.linear import Predicted
from seqcast.predict.properties.predictions import predictions_table
from tests.seqcast.datasets.properties.look_alikes import as_transcripts, look_alike
from tests.seqcast.datasets.properties.toys import property_of, transcripts

NONE = pl.DataFrame(schema=PUBLISHED)


def save(tmp_path, name, data, values, **facts):
    """A table of predictions, as the methods write it: none of rows that were learned from."""
    shown = np.zeros(len(data.ids), dtype=bool)
    for one in data.rounds():
        shown[one.predicted] = True
    table = predictions_table(Predicted(data, np.where(shown[:, None], values, np.nan)))
    write_table(table, tmp_path / f"{name}.parquet", {"origin": "baseline", **facts})
    return tmp_path / f"{name}.parquet"


def guesses(data, seed=0):
    return data.labels + np.random.default_rng(seed).normal(0, 0.7, data.labels.shape)


def value(table, **where):
    found = table.filter(**where)
    assert len(found) == 1, found
    return found.row(0, named=True)


@pytest.fixture
def mrfp(tmp_path):
    table = as_transcripts(look_alike("mRFP_Expression"), cds=True)
    data = PropertyData.from_table(table, property_of())
    numbers = sequence_numbers(table["sequence"])
    path = save(tmp_path, "kmer", data, guesses(data))
    return table, data, numbers, path


def test_parts_with_and_without_the_sequences_of_train(mrfp):
    table, data, numbers, path = mrfp
    found = evaluate_methods(data, numbers, {"kmer": path}, NONE, resamples=50)
    assert found.columns == list(COLUMNS)
    blocks = found.select("part", "duplicates").unique(maintain_order=True).rows()
    assert blocks == [("validation", "with"), ("test", "with"), ("test", "without")]
    train = set(table.filter(Split="train")["sequence"])
    frame = pl.read_parquet(path).with_columns(sequence=table["sequence"])
    test = frame.filter(part="test")
    for name, rows in [("with", test), ("without", test.filter(~pl.col("sequence").is_in(train)))]:
        truth, guess = rows["label_Value"].to_numpy(), rows["prediction_Value"].to_numpy()
        for metric, expected in [
            ("spearman", stats.spearmanr(truth, guess).statistic),
            ("r2", sk.r2_score(truth, guess)),
        ]:
            row = value(found, part="test", duplicates=name, metric=metric)
            assert row["value"] == pytest.approx(expected, abs=1e-12)
            assert row["ci_low"] < row["value"] < row["ci_high"]
            assert row["n"] == {"with": 219, "without": 217}[name]
            assert row["origin"] == "baseline"


def test_folds_together_and_apart(tmp_path):
    table = as_transcripts(look_alike("MLOS"), cds=True)
    data = PropertyData.from_table(table, property_of(split="kfold:5"))
    path = save(tmp_path, "m", data, guesses(data), origin=["source", "random"])
    numbers = sequence_numbers(table["sequence"])
    found = evaluate_methods(data, numbers, {"m": path}, NONE, resamples=20)
    assert found["part"].unique(maintain_order=True).to_list() == ["out_of_fold", "over_folds"]
    frame = pl.read_parquet(path)
    together = stats.spearmanr(frame["label_Value"], frame["prediction_Value"]).statistic
    row = value(found, part="out_of_fold", metric="spearman")
    assert (row["value"], row["n"]) == (pytest.approx(together, abs=1e-12), 167)
    assert row["origin"] == "given weights, UNTRAINED random weights"
    folds = [
        stats.spearmanr(part["label_Value"], part["prediction_Value"]).statistic
        for _, part in frame.group_by("part")
    ]
    row = value(found, part="over_folds", metric="spearman")
    assert row["value"] == pytest.approx(np.mean(folds), abs=1e-12)
    assert row["sd"] == pytest.approx(np.std(folds, ddof=1), abs=1e-12)
    assert (row["n"], row["ci_low"]) == (5, None)
    results = to_results(found, "toy")
    assert value(results, part="sd_over_folds", metric="spearman")["value"] == row["sd"]
    assert from_results(results, ["Value"]).equals(found)


def test_a_duplicate_in_another_fold_is_left_out_of_the_second_block(tmp_path):
    table = transcripts(60)
    texts = table["sequence"].to_list()
    table = table.with_columns(
        sequence=pl.Series([*texts[:-1], texts[0].replace("U", "T").lower()])
    )
    for seed in range(20):  # until the two are in folds that learn from each other
        data = PropertyData.from_table(table, property_of(split="kfold:5"), seed=seed)
        numbers = sequence_numbers(table["sequence"])
        folds = [int(data.parts[i].removeprefix("fold")) for i in (0, 59)]
        first_learns = folds[1] not in (folds[0], (folds[0] + 1) % 5)
        second_learns = folds[0] not in (folds[1], (folds[1] + 1) % 5)
        path = save(tmp_path, "m", data, guesses(data))
        found = evaluate_methods(data, numbers, {"m": path}, NONE, resamples=0)
        less = found.filter(part="out_of_fold", duplicates="without", metric="rmse")
        left_out = int(first_learns) + int(second_learns)
        assert less["n"].to_list() == ([60 - left_out] if left_out else [])


def test_several_labels_have_a_mean(tmp_path):
    table = transcripts(60, Other=np.random.default_rng(1).normal(size=60))
    data = PropertyData.from_table(table, property_of(labels="Value,Other"))
    path = save(tmp_path, "m", data, guesses(data))
    published = pl.DataFrame(
        [("toy", "paper", "test", "spearman", 0.5, "there", True, "")], PUBLISHED, orient="row"
    )
    found = evaluate_methods(data, np.arange(60), {"m": path}, published, resamples=0)
    test = found.filter(part="test", metric="spearman")
    assert test["output"].to_list() == ["Value", "Other", "mean", ""]
    assert test["value"][2] == pytest.approx(test["value"][:2].mean())
    results = to_results(found, "toy")
    parts = results.filter(metric="spearman", method="m")["part"].to_list()
    assert parts[3:] == ["test/label=Value", "test/label=Other", "test"]
    assert from_results(results, ["Value", "Other"]).equals(found)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_classes(tmp_path, kind):
    names = ["high", "low", "mid"][: 2 + (kind == "multiclass")]
    rng = np.random.default_rng(0)
    table = transcripts(90).with_columns(Value=pl.Series(rng.choice(names, 90)))
    data = PropertyData.from_table(table, property_of(kind=kind))
    onehot = np.eye(len(names))[np.nan_to_num(data.labels[:, 0]).astype(int)]
    probabilities = 0.4 * onehot + 0.6 * rng.dirichlet(np.ones(len(names)), 90)
    path = save(tmp_path, "m", data, probabilities)
    found = evaluate_methods(data, np.arange(90), {"m": path}, NONE, resamples=10)
    test = pl.read_parquet(path).filter(part="test")
    expected = sk.accuracy_score(test["label"], test["prediction"])
    row = value(found, part="test", metric="accuracy")
    assert (row["value"], row["output"]) == (pytest.approx(expected), "Value")
    if kind == "binary":
        auc = sk.roc_auc_score(test["label"] == "low", test["probability_low"])
        assert value(found, part="test", metric="roc_auc")["value"] == pytest.approx(auc)
    else:
        expected = sk.matthews_corrcoef(test["label"], test["prediction"])
        assert value(found, part="test", metric="mcc")["value"] == pytest.approx(expected)


def test_what_a_method_does_not_predict_is_counted_and_never_scored(mrfp, tmp_path):
    table, data, numbers, _ = mrfp
    status = np.where(np.arange(len(table)) % 2, "too_long", "valid").tolist()
    values = np.where(np.arange(len(table))[:, None] % 2, np.nan, guesses(data))
    path = save(tmp_path, "half", data.restricted(status), values)
    found = evaluate_methods(data, numbers, {"half": path}, NONE, resamples=0)
    lost = int((table["Split"].to_numpy() == "test")[1::2].sum())
    row = value(found, part="test", duplicates="with", metric="not_scored")
    assert (row["value"], row["n"]) == (lost, 219)
    assert value(found, part="test", duplicates="with", metric="r2")["n"] == 219 - lost
    assert row["note"] == (
        f"predicts {219 - lost} of 219 rows ({lost} too_long: more tokens than the model takes)"
    )


def test_methods_are_compared_on_the_rows_that_all_predict(mrfp, tmp_path):
    table, data, numbers, _ = mrfp
    odd = np.arange(len(table)) % 2 == 1
    # the baseline knows nothing of the rows that the model does not take
    values = guesses(data)
    worse = np.where(odd[:, None], np.random.default_rng(1).normal(size=values.shape), values)
    status = np.where(odd, "too_long", "valid").tolist()
    methods = {
        "kmer": save(tmp_path, "kmer", data, worse),
        "half": save(tmp_path, "half", data.restricted(status), np.where(odd[:, None], np.nan, values)),
        "none": save(tmp_path, "none", data, np.full_like(values, np.nan), left_out="no CDS"),
    }  # fmt: skip
    found = evaluate_methods(data, numbers, methods, NONE, resamples=30)
    test = found.filter(part="test", duplicates="with")
    rows = np.flatnonzero((np.array(data.parts) == "test") & ~odd)
    for method in ("kmer", "half"):
        one = test.filter(method=method, rows="common")
        expected = sk.r2_score(data.labels[rows], values[rows])
        assert value(one, metric="r2")["value"] == pytest.approx(expected)
        assert value(one, metric="r2")["n"] == len(rows)
        assert value(one, metric="not_scored")["value"] == 219 - len(rows)
    same = [test.filter(method=m, rows="common").drop("method", "note") for m in ("kmer", "half")]
    assert same[0].equals(same[1])  # their resamples too
    own = test.filter(rows="own")
    assert own["method"].unique().to_list() == ["kmer"]
    every = np.flatnonzero(np.array(data.parts) == "test")
    expected = sk.r2_score(data.labels[every], worse[every])
    assert value(own, metric="r2")["value"] == pytest.approx(expected)
    assert value(own, metric="not_scored")["value"] == 0
    assert best_methods(found, "regression") == ["kmer"]
    assert overall(found).filter(rows="own").is_empty()


def test_methods_without_a_common_row_are_not_compared(tmp_path):
    data = PropertyData.from_table(transcripts(60), property_of())
    odd = np.arange(60)[:, None] % 2 == 1
    methods = {
        name: save(tmp_path, name, data, np.where(there, guesses(data), np.nan))
        for name, there in (("a", odd), ("b", ~odd))
    }
    found = evaluate_methods(data, np.arange(60), methods, NONE, resamples=0)
    assert found.filter(rows="common", metric="r2")["value"].to_list() == [None] * 4
    assert "by all methods" in found["note"][0]
    assert len(found.filter(pl.col("value").is_not_null(), rows="own", metric="r2")) == 4


def test_intervals_draw_the_groups_of_the_folds(tmp_path):
    genes = [f"g{i // 6}" for i in range(60)]
    of_gene = np.repeat(np.random.default_rng(2).normal(size=10), 6)[:, None]
    table = transcripts(60, gene=genes)
    data = PropertyData.from_table(table, property_of(split="kfold:5", groups="gene"))
    path = save(tmp_path, "m", data, data.labels + 3 * of_gene)  # errors that a gene shares
    found = evaluate_methods(data, np.arange(60), {"m": path}, NONE, resamples=200)
    row = value(found, part="out_of_fold", metric="rmse")
    drawn = []
    for draw in np.random.default_rng(0).integers(10, size=(200, 10)):
        names = np.unique(genes)[draw]
        picked = np.concatenate([np.flatnonzero(np.array(genes) == name) for name in names])
        drawn.append(np.sqrt(np.mean((3 * of_gene[picked]) ** 2)))
    ends = np.quantile(drawn, [0.025, 0.975])
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(ends.tolist())


def test_a_method_that_is_left_out_says_why(mrfp, tmp_path):
    _, data, numbers, good = mrfp
    nothing = np.full((len(data.ids), 1), np.nan)
    path = save(tmp_path, "codon_usage", data, nothing, left_out="no CDS")
    found = evaluate_methods(data, numbers, {"kmer": good, "codon_usage": path}, NONE, resamples=0)
    rows = found.filter(method="codon_usage", part="test", duplicates="with")
    assert rows["value"].to_list() == [None] * 4 + [219]
    assert set(rows["note"]) == {"no CDS"}
    assert value(found, method="kmer", part="test", duplicates="with", metric="r2")["value"]


def test_published_numbers_stand_last_with_their_source(mrfp, tmp_path):
    _, data, numbers, path = mrfp
    published = tmp_path / "published.tsv"
    published.write_text(
        "benchmark\tmethod\tpart\tmetric\tvalue\tsource\tsame_rows\n"
        "toy\tCodonBERT\ttest\tspearman\t0.85\tTable 2\tyes\n"
        "other\tCodonBERT\ttest\taccuracy\t0.55\tTable 2\tyes\n"
    )
    told = read_published(published, "toy")
    found = evaluate_methods(data, numbers, {"kmer": path}, told, resamples=5)
    results = to_results(found, "toy")
    assert dict(results.schema) == RESULTS
    assert {"test", "test/without_duplicates"} <= set(results["part"])
    assert from_results(results, ["Value"]).equals(found)
    row = found.row(-1, named=True)
    assert {k: row[k] for k in ("method", "origin", "metric", "part", "value", "source")} == {
        "method": "CodonBERT", "origin": "published", "metric": "spearman", "part": "test",
        "value": 0.85, "source": "Table 2",
    }  # fmt: skip
    assert len(found.filter(origin="published")) == 1


def test_what_the_user_can_mend(mrfp, tmp_path):
    table, data, numbers, path = mrfp
    wrong = pl.DataFrame(
        [("toy", "x", "test", "accuracy", 0.5, "", True, "")], PUBLISHED, orient="row"
    )
    with pytest.raises(InputError, match="of 'accuracy'; of a regression expected one of spearman"):
        evaluate_methods(data, numbers, {"kmer": path}, wrong)
    with pytest.raises(InputError, match="no method predicts it"):
        evaluate_methods(data, numbers, {}, NONE)
    other = PropertyData.from_table(table.reverse(), property_of())
    with pytest.raises(InputError, match=r"kmer\.parquet is not of the sequences"):
        evaluate_methods(other, numbers, {"kmer": path}, NONE)
    renamed = tmp_path / "renamed.parquet"
    write_table(pl.read_parquet(path).rename({"prediction_Value": "prediction_V"}), renamed, {})
    with pytest.raises(InputError, match="no column prediction_Value"):
        evaluate_methods(data, numbers, {"kmer": renamed}, NONE)
