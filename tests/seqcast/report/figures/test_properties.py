"""Figures of properties: what is drawn where, for numbers and classes, and when there is little."""

import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_hex

from seqcast.evaluation.properties.property_metrics import COLUMNS
from seqcast.report.figures.properties import (
    BASELINE_COLOUR,
    GIVEN_COLOUR,
    MODEL_COLOUR,
    plot_property,
)
from seqcast.report.figures.style import save

EMPTY = {name: "" if kind == pl.String else None for name, kind in COLUMNS.items()}
METRICS = {"regression": ("spearman", "r2"), "binary": ("roc_auc", "accuracy"),
           "multiclass": ("accuracy", "macro_roc_auc")}  # fmt: skip


def metrics(kind, methods, extra=()):
    rows = [
        {**EMPTY, "method": method, "origin": origin, "part": part, "duplicates": "with",
         "output": "y", "metric": metric, "value": value, "ci_low": value - 0.1,
         "ci_high": value + 0.1}
        for method, origin, value in methods
        for part in ("validation", "test")
        for metric in METRICS[kind]
    ]  # fmt: skip
    given = [{**EMPTY, "origin": "published", **row} for row in extra]
    return pl.DataFrame([*rows, *given], schema=COLUMNS)


def numbers(n=40):
    rng = np.random.default_rng(0)
    part = ["train"] * 10 + ["test"] * (n - 10)
    values = rng.normal(size=n)
    guess = [None] * 10 + (values[10:] + 0.1).tolist()
    return pl.DataFrame({"part": part, "label_y": values, "prediction_y": guess})


def classes(names, n=40):
    rng = np.random.default_rng(0)
    label = rng.choice(names, n)
    table = {"part": ["test"] * n, "label": label, "prediction": rng.permutation(label)}
    shares = rng.dirichlet(np.ones(len(names)), n)
    return pl.DataFrame(
        {**table, **{f"probability_{k}": shares[:, i] for i, k in enumerate(names)}}
    )


MODELS = [("m.fold0.probe", "given weights", 0.7), ("tuned", "trained by this workflow", 0.8),
          ("kmer", "baseline", 0.5), ("length_gc", "baseline", 0.6)]  # fmt: skip
GIVEN = [
    {"method": "CodonBERT", "metric": "spearman", "part": "test", "value": 0.85},
    {"method": "ceiling", "metric": "r2", "part": "test", "value": 0.9},
]


def drawn(figure):
    """Axes by what they show: two of the best methods, two of all."""
    return figure.subfigs[0].axes, figure.subfigs[1].axes


def test_the_best_by_validation_are_shown_and_all_are_compared(tmp_path):
    table = metrics("regression", MODELS, GIVEN)
    figure = plot_property("toy", "regression", ["y"], table, {m: numbers() for m, *_ in MODELS})
    best, all_methods = drawn(figure)
    assert [ax.get_title(loc="left").splitlines()[0] for ax in best] == ["tuned", "length_gc"]
    points = best[0].collections[0].get_offsets()
    assert len(points) == 30  # rows that were learned from are not drawn
    first, second = all_methods
    assert [t.get_text() for t in first.get_yticklabels()] == [
        *(m for m, *_ in MODELS),
        "CodonBERT",
    ]
    marks = {
        (line.get_marker(), to_hex(line.get_color()))
        for line in first.lines
        if line.get_marker() in ("o", "D")
    }
    assert marks == {
        ("o", MODEL_COLOUR.lower()),
        ("o", BASELINE_COLOUR.lower()),
        ("D", GIVEN_COLOUR.lower()),
    }
    ceiling = [line for line in second.lines if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in ceiling] == [0.9]
    save(figure, tmp_path / "toy.png")


def test_only_rows_that_all_methods_predict_are_drawn():
    table = metrics("regression", MODELS)
    tables = {m: numbers() for m, *_ in MODELS}
    some = pl.when(pl.int_range(pl.len()) < 25).then("prediction_y")
    tables["kmer"] = tables["kmer"].with_columns(prediction_y=some)
    tables["left_out"] = numbers().with_columns(prediction_y=pl.lit(None, pl.Float64))
    best, _ = drawn(plot_property("toy", "regression", ["y"], table, tables))
    assert [len(ax.collections[0].get_offsets()) for ax in best] == [15, 15]
    assert (best[0].get_xlabel(), best[0].get_ylabel()) == ("predicted: y", "measured: y")


@pytest.mark.parametrize(
    ("kind", "names"), [("binary", ["off", "on"]), ("multiclass", ["a", "b", "c"])]
)
def test_classes(tmp_path, kind, names):
    given = [{"method": "CodonBERT", "metric": "mcc", "part": "test", "value": 0.55}]
    table = metrics(kind, MODELS, given if kind == "multiclass" else [])
    figure = plot_property("toy", kind, ["y"], table, {m: classes(names) for m, *_ in MODELS})
    best, all_methods = drawn(figure)
    if kind == "binary":
        assert best[0].get_xlabel() == "false positive rate"
        assert [ax.get_xlabel() for ax in all_methods] == ["ROC AUC", "accuracy"]
    else:
        assert sum(int(t.get_text().split("\n")[1]) for t in best[0].texts) == 40
        assert [ax.get_xlabel() for ax in all_methods] == ["accuracy", "MCC"]  # what was published
    save(figure, tmp_path / "toy.png")


def test_a_method_that_is_left_out_says_so_and_one_alone_is_enough(tmp_path):
    table = metrics("regression", MODELS[2:3])
    left_out = {**EMPTY, "method": "codon_usage", "origin": "baseline", "part": "test",
                "duplicates": "with", "output": "y", "metric": "spearman"}  # fmt: skip
    table = pl.concat([table, pl.DataFrame([left_out], schema=COLUMNS)])
    figure = plot_property("t$oy", "regression", ["y"], table, {"kmer": numbers()})
    best, all_methods = drawn(figure)
    assert "No other method" in best[1].texts[0].get_text()
    assert [text.get_text() for text in all_methods[0].texts] == ["left out"]
    save(figure, tmp_path / "toy.png")


def test_what_is_far_below_0_does_not_hide_the_rest(tmp_path):
    table = metrics("regression", [*MODELS, ("bad", "baseline", -40.0)])
    figure = plot_property("toy", "regression", ["y"], table, {m: numbers() for m, *_ in MODELS})
    assert all(ax.get_xlim()[0] > -1.5 for ax in drawn(figure)[1])
    save(figure, tmp_path / "toy.png")
