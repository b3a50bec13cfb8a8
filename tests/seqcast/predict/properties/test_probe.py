"""Probes of embeddings: which columns they take, and what becomes of rows without any."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import Ridge

from seqcast.core.errors import InputError
from seqcast.core.store import array_column, array_values, read_provenance, write_table
from seqcast.predict.embeddings import embedding_outcomes
from seqcast.predict.properties.linear import RIDGE_PENALTIES
from seqcast.predict.properties.probe import EMBEDDED, ProbeFiles, feature_sets, probe_embeddings
from tests.seqcast.datasets.properties.toys import definition, transcripts

OPTIONS = {"probe_features": "auto", "seed": 0}
WIDTH = 4
REGIONS = ("utr5", "cds", "utr3")


def embeddings(table: pl.DataFrame, gaps: dict[str, list[int]] | None = None) -> pl.DataFrame:
    """Vectors that hold the label in their first number; null where `gaps` says."""
    rng = np.random.default_rng(1)
    label = table["Value"].cast(pl.Float64).fill_null(0).fill_nan(0).to_numpy()
    usable = (table["status"] == "valid").to_numpy()
    columns = {}
    for i, name in enumerate(["mean", "last", *(f"mean_{region}" for region in REGIONS)]):
        values = rng.normal(size=(len(table), WIDTH))
        values[:, 0] += label / (i + 1)
        there = usable.copy()
        there[(gaps or {}).get(name, [])] = False
        columns[f"embedding_{name}"] = array_column(f"embedding_{name}", values, there)
    status = pl.select(
        pl.when(pl.lit(table["status"]) == "valid")
        .then(pl.lit(EMBEDDED))
        .otherwise(table["status"])
    ).to_series()
    return table.select("row", "id", status=status).with_columns(**columns)


def write(folder: Path, table: pl.DataFrame, found: pl.DataFrame) -> ProbeFiles:
    files = ProbeFiles(transcripts=str(folder / "t.parquet"), embeddings=str(folder / "e.parquet"))
    table.write_parquet(files.transcripts)
    write_table(found, files.embeddings, {"weights_sha256": "abc"})
    return files


def run(folder: Path, table: pl.DataFrame, found: pl.DataFrame, **cells: str) -> pl.DataFrame:
    output = folder / "out.parquet"
    files = write(folder, table, found)
    facts = {"model": "m", "fold": "0"}
    probe_embeddings(files, output, definition(**cells), OPTIONS, facts)
    return pl.read_parquet(output)


def test_the_status_is_that_of_embeddings() -> None:
    assert EMBEDDED in embedding_outcomes.STATUSES


def test_predictions_are_those_of_ridge_on_the_best_columns(tmp_path: Path) -> None:
    table = transcripts(80)
    vectors = embeddings(table, {"mean_utr5": [0, 1]})
    found = run(tmp_path, table, vectors)
    made = read_provenance(tmp_path / "out.parquet")
    names = ["embedding_mean", "embedding_last", "embedding_mean_cds", "embedding_mean_utr3"]
    assert made["features"] == names
    assert made["embeddings"] == {"weights_sha256": "abc"}
    parts = {name: (table["Split"] == name).to_numpy() for name in ("train", "val", "test")}
    y, reached = table["Value"].to_numpy(), {}
    for columns in [*([name] for name in names), names]:
        x = np.concatenate([array_values(vectors[name])[0] for name in columns], axis=1)
        x = (x - x[parts["train"]].mean(0)) / x[parts["train"]].std(0)
        for penalty in RIDGE_PENALTIES:
            model = Ridge(alpha=penalty * parts["train"].sum())
            model.fit(x[parts["train"]], y[parts["train"]])
            r2 = model.score(x[parts["val"]], y[parts["val"]])
            reached[r2] = penalty, columns, model.predict(x)
    penalty, columns, expected = reached[max(reached)]
    (choice,) = made["rounds"]
    assert choice["features"] == columns
    assert choice["penalty"] == [penalty]
    assert choice["validation_r2"] == pytest.approx([max(reached)])
    got = found["prediction_Value"].to_numpy()
    np.testing.assert_allclose(got[~parts["train"]], expected[~parts["train"]], rtol=1e-5)
    assert np.isnan(got[parts["train"]]).all()


def test_rows_keep_their_reason(tmp_path: Path) -> None:
    table = transcripts(80).with_columns(
        status=pl.Series(["iupac_code"] + ["valid"] * 79),
        Value=transcripts(80)["Value"].scatter(1, None),
    )
    vectors = embeddings(table, {name: [2] for name in ["mean", "last"]})
    vectors = vectors.with_columns(status=vectors["status"].scatter(2, "too_long"))
    found = run(tmp_path, table, vectors)
    assert found["status"][:4].to_list() == ["iupac_code", "no_label", "too_long", "valid"]
    assert len(found) == 80
    assert found["prediction_Value"][:3].null_count() == 3


def test_folds_are_predicted_by_others(tmp_path: Path) -> None:
    table = transcripts(60)
    found = run(tmp_path, table, embeddings(table), split="kfold:4")
    assert set(found["part"]) == {"fold0", "fold1", "fold2", "fold3"}
    assert found["prediction_Value"].null_count() == 0
    assert len(read_provenance(tmp_path / "out.parquet")["rounds"]) == 4


def test_other_sequences_are_refused(tmp_path: Path) -> None:
    table = transcripts(60)
    with pytest.raises(InputError, match=r"e\.parquet is not of the sequences of .*t\.parquet"):
        run(tmp_path, table, embeddings(table).reverse())


def test_columns_may_be_named() -> None:
    vectors = embeddings(transcripts(10), {"mean_utr5": [3]})
    usable = np.ones(10, dtype=bool)
    pair = ["embedding_last", "embedding_mean"]
    assert feature_sets(vectors, usable, pair) == [pair]
    with pytest.raises(InputError, match="embedding_mean_utr5, which is null in 1 of 10 usable"):
        feature_sets(vectors, usable, ["embedding_mean_utr5"])
    usable[3] = False
    assert feature_sets(vectors, usable, ["embedding_mean_utr5"]) == [["embedding_mean_utr5"]]
    assert len(feature_sets(vectors, usable)) == 6
    with pytest.raises(InputError, match="names 'embedding_max'; the embeddings have embedding_m"):
        feature_sets(vectors, usable, ["embedding_max"])
    with pytest.raises(InputError, match="names 'id'"):
        feature_sets(vectors, usable, ["id"])


def test_classes_choose_columns_by_the_least_log_loss(tmp_path: Path) -> None:
    table = transcripts(80)
    table = table.with_columns(high=table["Value"] > table["Value"].median())
    found = run(tmp_path, table, embeddings(table), labels="high", kind="binary", split="kfold:3")
    assert (found["prediction"] == found["label"]).mean() > 0.7
    rounds = read_provenance(tmp_path / "out.parquet")["rounds"]
    assert [sorted(one) for one in rounds] == [
        ["features", "penalty", "round", "validation_log_loss"]] * 3  # fmt: skip


def test_no_column_that_all_rows_have() -> None:
    vectors = embeddings(transcripts(10), {name: [i] for i, name in enumerate(
        ["mean", "last", "mean_utr5", "mean_cds", "mean_utr3"])})  # fmt: skip
    with pytest.raises(InputError, match="no embedding that all usable rows have; the table has"):
        feature_sets(vectors, np.ones(10, dtype=bool))
