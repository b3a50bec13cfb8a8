"""Figures of accuracy: what is drawn where, and when there is little."""

import numpy as np
import polars as pl
import pytest

from seqcast.report.figures.accuracy import LOWEST, plot_accuracy_boxes, plot_predicted_measured
from seqcast.report.figures.style import save


def scores(models=("f0 model", "f1 model"), groups=("SRP1:K562", "SRP2:HeLa")):
    rng = np.random.default_rng(0)
    rows = [(m, g, float(v)) for m in models for g in groups for v in rng.normal(0.5, 0.1, 8)]
    return pl.DataFrame(rows, schema=["model", "group", "value"], orient="row")


def texts(figure):
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_a_box_a_model_and_group():
    figure = plot_accuracy_boxes({"Pearson correlation": scores()})
    (ax,) = figure.axes
    assert len(ax.patches) == 4
    assert texts(figure) == ["SRP1:K562\n8 tracks", "SRP2:HeLa\n8 tracks"]
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["f0 model", "f1 model"]
    assert ax.get_xlabel() == "Pearson correlation"
    drawn = np.sort(np.asarray(ax.collections[0].get_offsets())[:, 0])
    expected = scores().filter(model="f0 model", group="SRP1:K562")["value"].sort()
    assert drawn == pytest.approx(expected.to_numpy())


def test_controls_are_marks_at_their_median():
    """Two panels, of which the first has controls; the second lacks a group."""
    controlled = scores().with_columns(
        pl.lit(0.8).alias("length alone"), pl.lit(None, pl.Float64).alias("rolled")
    )
    figure = plot_accuracy_boxes({"r": controlled, "a base": scores(groups=["SRP1:K562"])})
    first, second = figure.axes
    marks = [line.get_xdata()[0] for line in first.lines if line.get_marker() == "D"
             and len(line.get_xdata())]  # fmt: skip
    assert marks == [0.8] * 4
    assert len(second.patches) == 2
    told = [t.get_text() for t in figure.legends[0].get_texts()]
    assert told == ["f0 model", "f1 model", "length alone", "rolled"]


def test_values_that_are_missing_or_far_below():
    rows = [
        ("m", "a", None),
        ("m", None, 0.5),
        ("m", "a", float("nan")),
        ("m", "a", -7.0),
        ("m", "a", 0.3),
    ]
    table = pl.DataFrame(rows, schema=["model", "group", "value"], orient="row")
    figure = plot_accuracy_boxes({"R2": table})
    assert texts(figure) == ["a\n2 tracks"]
    assert figure.axes[0].collections[0].get_offsets()[:, 0].min() == LOWEST


def test_nothing_to_show_says_so(tmp_path):
    figure = plot_accuracy_boxes({"R2": scores().clear()})
    assert figure.axes[0].texts[0].get_text() == "No track has a R2."
    save(figure, tmp_path / "boxes.png")
    figure = plot_predicted_measured({}, "x")
    assert figure.axes[0].texts[0].get_text() == "Nothing was predicted."
    empty = np.array([np.nan])
    figure = plot_predicted_measured({"track": (empty, empty)}, "x", calibration=True)
    assert figure.axes[0].texts[0].get_text() == "track: no value."


def values(n=500):
    rng = np.random.default_rng(1)
    truth = rng.normal(5, 2, n)
    return truth + rng.normal(0, 1, n), truth


def test_points_and_their_correlation():
    guess, truth = values()
    figure = plot_predicted_measured(
        {"a $track$": (guess, truth), "b": (truth, truth)}, "log2(1 + x)"
    )
    first, second = figure.axes
    r = np.corrcoef(guess, truth)[0, 1]
    assert first.get_title(loc="left") == f"a \\$track\\$\nr = {r:.2f}, n = 500"
    assert second.get_title(loc="left") == "b\nr = 1.00, n = 500"
    points = np.asarray(first.collections[0].get_offsets())
    assert np.sort(points[:, 0]) == pytest.approx(np.sort(guess))
    assert np.sort(points[:, 1]) == pytest.approx(np.sort(truth))
    assert first.get_xlabel() == "predicted log2(1 + x)"
    assert first.get_xlim() == first.get_ylim()


def test_points_amid_many_are_darker_and_on_top():
    guess, truth = values(5000)
    (ax,) = plot_predicted_measured({"a": (guess, truth)}, "x").axes
    dense = np.asarray(ax.collections[0].get_array())
    points = np.asarray(ax.collections[0].get_offsets())
    assert (np.diff(dense) >= 0).all()
    from_middle = np.hypot(*(points - np.median(points, axis=0)).T)
    assert from_middle[-500:].mean() < from_middle[:500].mean() / 2


def test_pairs_without_a_number_are_left_out():
    guess, truth = values(10)
    guess[0], truth[1] = np.nan, np.nan
    (ax,) = plot_predicted_measured({"a": (guess, truth)}, "x").axes
    assert ax.get_title(loc="left").endswith("n = 8")


def test_calibration_in_tenths(tmp_path):
    guess, truth = values()
    figure = plot_predicted_measured({"a": (guess, truth)}, "x", calibration=True)
    line = figure.axes[0].containers[0].lines[0]
    order = np.argsort(guess)
    assert line.get_xdata()[0] == pytest.approx(np.median(guess[order[:50]]))
    assert line.get_ydata()[9] == pytest.approx(np.median(truth[order[450:]]))
    save(figure, tmp_path / "a.svg")
    few = plot_predicted_measured({"a": values(20)}, "x", calibration=True)
    assert few.axes[0].texts[0].get_text() == "too few points for tenths"


def test_a_note_is_a_line_below_the_title():
    panel = {"a": (np.arange(5.0), np.arange(5.0))}
    (ax,) = plot_predicted_measured(panel, "x", notes={"a": "length alone 0.80"}).axes
    assert ax.get_title(loc="left") == "a\nr = 1.00, n = 5\nlength alone 0.80"


def test_constant_values_have_no_correlation():
    (ax,) = plot_predicted_measured({"a": (np.ones(5), np.arange(5.0))}, "x").axes
    assert ax.get_title(loc="left") == "a\nn = 5"
