import polars as pl
import pytest

from seqcast.evaluation.metrics.published import GIVEN, OTHER_ROWS
from seqcast.evaluation.metrics.table import RESULTS
from seqcast.report.figures.benchmarks import bounds_of, plot_benchmark


def table(rows):
    return pl.DataFrame(
        [("b", method, origin, part, "roc_auc", value, value and value - 0.1, value and value + 0.1,
          9, "") for method, origin, part, value in rows],
        schema=RESULTS, orient="row",
    )  # fmt: skip


def rows(*parts):
    return [(m, "baseline", part, 0.6) for part in parts for m in ("model", "distance")]


def test_parts_up_to_bounds_are_a_curve():
    bounded = table(rows("PD<=10000", "PD<=500", "PD<=50"))
    assert bounds_of(bounded) == {"PD<=10000": 10000, "PD<=500": 500, "PD<=50": 50}
    (ax,) = plot_benchmark(bounded, ["roc_auc"], ["ROC AUC"]).axes
    assert ax.get_xlabel() == "largest PD (bp)"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["model", "distance"]
    assert ax.get_lines()[0].get_xdata().tolist() == [50, 500, 10000]


def test_baselines_look_unlike_models():
    kinds = [("one", "given weights"), ("random", "baseline"), ("two", "given weights")]
    curves = table([(m, origin, f"PD<={b}", 0.6) for b in (1, 5, 9) for m, origin in kinds])
    (ax,) = plot_benchmark(curves, ["roc_auc"], ["ROC AUC"]).axes
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert [lines[name].get_linestyle() for name, _ in kinds] == ["-", "--", "-"]
    assert lines["one"].get_color() == lines["random"].get_color() != lines["two"].get_color()


@pytest.mark.parametrize("parts", [("test",), ("PD<=50", "PD<=10"), ("a", "b", "PD<=3")])
def test_other_parts_are_dots(parts):
    given = [("model", GIVEN, parts[0], 0.7), ("model", OTHER_ROWS, parts[0], 0.1)]
    found = table([*rows(*parts), *given])
    (ax,) = plot_benchmark(found, ["roc_auc"], ["ROC AUC"]).axes
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels[0] == ("model" if len(parts) == 1 else f"model, {parts[0]}")
    assert len(labels) == 2 * len(parts)
    drawn = [x for line in ax.get_lines() for x in line.get_xdata()]
    assert 0.7 in drawn  # published, of the same rows
    assert 0.1 not in drawn  # of others


def test_without_a_number_the_figure_says_so():
    (ax,) = plot_benchmark(table([("model", "", "", None)]), ["roc_auc"], ["ROC AUC"]).axes
    assert ax.texts[0].get_text() == "no method has a number"


def test_random_weights_are_named():
    figure = plot_benchmark(table(rows("test")), ["roc_auc"], ["ROC AUC"], ["model"])
    assert figure.get_supxlabel() == "UNTRAINED random weights: model"
