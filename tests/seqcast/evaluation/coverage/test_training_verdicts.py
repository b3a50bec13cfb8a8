"""Verdicts on trained folds: known numbers get known grades, and say why."""

from pathlib import Path

import polars as pl
import pytest

from seqcast.core.store import write_tsv
from seqcast.evaluation.coverage.time_course import decay_metrics
from seqcast.evaluation.coverage.training_verdicts import (
    GradedFiles,
    read_verdicts,
    verdict_of,
    write_verdict,
)

HISTORY = pl.DataFrame(
    {"step": [10, 20, 30], "learning_rate": [1.0, 0.5, 0.0], "best": [False, True, False]}
)
GENES = "r over genes"


def tracks(**changes: float | None) -> pl.DataFrame:
    """Three tracks of a good fold, around the values given."""
    middle = {
        "pearsonr": 0.7, "gene_pearsonr": 0.8, "gene_density_pearsonr": 0.6,
        "gene_length_pearsonr": 0.3, "gene_rolled_pearsonr": 0.0,
    } | changes  # fmt: skip
    return pl.DataFrame(
        {name: [None] * 3 if v is None else [v - 0.1, v, v + 0.1] for name, v in middle.items()}
    )


def grades(found: pl.DataFrame) -> dict[str, str]:
    return dict(found.select("aspect", "grade").iter_rows())


def test_a_good_fold_is_good() -> None:
    found = verdict_of(tracks(), HISTORY)
    assert set(grades(found).values()) == {"good"}
    assert found.filter(aspect=GENES).select("value", "control", "n").row(0) == (0.8, 0.3, 3)


@pytest.mark.parametrize(
    ("changes", "aspect", "grade", "note"),
    [
        ({"pearsonr": 0.16}, "r of bins within a track", "poor", "is 0.16 (median of 3 tracks; 0.3"),
        ({"pearsonr": 0.4}, "r of bins within a track", "weak", "is 0.40"),
        ({"gene_length_pearsonr": 0.78}, GENES, "poor", "is 0.80, and 0.78 that of a control"),
        ({"gene_rolled_pearsonr": 0.9}, GENES, "poor", "0.90 that of a control"),
        ({"gene_density_pearsonr": None}, "r over genes, per base", "not measured", "no value"),
    ],
)  # fmt: skip
def test_the_worst_aspect_decides_and_says_why(
    changes: dict, aspect: str, grade: str, note: str
) -> None:
    found = grades(all_rows := verdict_of(tracks(**changes), HISTORY))
    assert found[aspect] == found["overall"] == grade
    assert note in all_rows.filter(aspect="overall")["note"][0]


@pytest.mark.parametrize(
    ("best", "rates", "grade"),
    [
        ([True, False, False], [1.0, 0.5, 0.0], "poor"),
        ([False, False, True], [1.0, 1.0, 1.0], "weak"),
        ([False, False, True], [1.0, 0.5, 0.0], "good"),
    ],
)
def test_the_end_of_a_training_is_seen(best: list, rates: list, grade: str) -> None:
    history = HISTORY.with_columns(best=pl.Series(best), learning_rate=pl.Series(rates))
    assert grades(verdict_of(tracks(), history))["end of the training"] == grade


def decays(n: int, sign: int) -> pl.DataFrame:
    """`decay_metrics` of genes whose predicted rates rise (or fall) with the measured ones."""
    measured = pl.Series([i / n for i in range(n)], dtype=pl.Float64)
    columns = {"status": "valid", "measured_status": "valid", "predicted_status": "valid"}
    table = pl.DataFrame({"measured_log2_decay_rate": measured}).with_columns(
        predicted_log2_decay_rate=sign * measured, **{k: pl.lit(v) for k, v in columns.items()}
    )
    return decay_metrics(table, resamples=10)


@pytest.mark.parametrize(("sign", "grade"), [(1, "good"), (-1, "poor")])
def test_decay_counts_where_it_was_fitted(sign: int, grade: str) -> None:
    found = verdict_of(tracks(), HISTORY, decays(20, sign))
    assert grades(found)["r of log2 decay rates"] == grades(found)["overall"] == grade


def test_files_have_the_rows_of_the_function(tmp_path: Path) -> None:
    parts = {"history": HISTORY, "tracks": tracks(pearsonr=0.2), "decay_metrics": decays(2, 1)}
    files = {name: tmp_path / f"{name}.tsv" for name in parts}
    for name, table in parts.items():
        write_tsv(table, files[name])
    write_verdict(GradedFiles(**files), "small", "f0c0", tmp_path / "verdict.tsv")
    found = read_verdicts([tmp_path / "verdict.tsv"])
    expected = verdict_of(parts["tracks"], HISTORY, parts["decay_metrics"])
    assert found.drop("model", "fold").equals(expected)
    assert found.select("model", "fold").unique().row(0) == ("small", "f0c0")
    assert grades(found)["r of log2 decay rates"] == "not measured"
