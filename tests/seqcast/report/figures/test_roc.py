"""ROC figures draw the points and areas of the tables."""

import polars as pl

from seqcast.report.figures.roc import roc_curves, roc_size
from seqcast.report.figures.style import COLOURS, new_figure

TOOLS = ("readseeker", "cost$1$")


def tables(references=("ebv", "sars2"), empty=("sars2",)):
    """Curves and metrics of two tools; no curves of the references in `empty`."""
    curves, metrics = [], []
    for reference in references:
        for shift, tool in enumerate(TOOLS):
            if reference not in empty:
                for x, y in [(0.0, 0.0), (0.25, 0.75 - shift / 4), (1.0, 1.0)]:
                    curves.append((reference, tool, x, y))
            auc = None if reference in empty else 0.75 - shift / 8
            metrics += [
                (reference, tool, "accuracy", 0.5, 0.4, 0.6, 1008),
                (reference, tool, "roc_auc", auc, None if shift else auc, auc, 1008),
                (reference, tool, "recall", 0.75 - shift / 4, 0.7, 0.8, 1000),
                (reference, tool, "specificity", 0.75, 0.7, 0.8, 8),
            ]
    names = ["part", "method", "false_positive_rate", "true_positive_rate"]
    types = [pl.String, pl.String, pl.Float64, pl.Float64]
    columns = ["part", "method", "metric", "value", "ci_low", "ci_high", "n"]
    return (
        pl.DataFrame(curves, schema=dict(zip(names, types, strict=True)), orient="row"),
        pl.DataFrame(metrics, schema=columns, orient="row"),
    )


def test_a_panel_a_reference_with_curves_areas_and_thresholds():
    fig = roc_curves(new_figure(*roc_size(2)), *tables())
    ax = fig.axes[0]
    assert ax.get_title() == "ebv"
    diagonal, first, dot, second, _ = ax.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert first.get_xydata().tolist() == [[0, 0], [0.25, 0.75], [1, 1]]
    assert dot.get_xydata().tolist() == [[0.25, 0.75]]  # 1 - specificity, recall
    assert [line.get_color() for line in (first, dot, second)] == [COLOURS[0]] * 2 + [COLOURS[1]]
    texts = [text.get_text() for text in ax.get_legend().texts]
    assert texts == ["readseeker 0.750 (0.750–0.750)", r"cost\$1\$ 0.625"]
    fig.canvas.draw()


def test_a_reference_without_curves_says_why():
    ax = roc_curves(new_figure(*roc_size(2)), *tables()).axes[1]
    assert not ax.lines
    text = ax.texts[0].get_text()
    assert text.startswith("1,000 coding and 8 non-coding reads:\nno curve")
    assert "readseeker 0.750" in text


def test_no_reference_with_curves():
    fig = roc_curves(new_figure(*roc_size(1)), *tables(("sars2",)))
    fig.canvas.draw()
    assert len(fig.axes) == 1


def test_rows_of_three_panels():
    names = tuple(f"r{i}" for i in range(4))
    fig = roc_curves(new_figure(*roc_size(4)), *tables(names, empty=()))
    assert [ax.get_title() for ax in fig.axes] == [*names, "", ""]
    assert [ax.axison for ax in fig.axes] == [True] * 4 + [False] * 2
    assert roc_size(4)[0] == roc_size(3)[0] > roc_size(1)[0]
    assert roc_size(4)[1] == 2 * roc_size(3)[1]
    fig.canvas.draw()


def test_more_tools_than_colours_differ_by_line():
    curves, metrics = tables(("ebv",), empty=())
    many = [f"t{i}" for i in range(len(COLOURS) + 1)]
    first = pl.col("method") == TOOLS[0]
    fig = roc_curves(
        new_figure(4, 4),
        pl.concat([curves.filter(first).with_columns(method=pl.lit(name)) for name in many]),
        pl.concat([metrics.filter(first).with_columns(method=pl.lit(name)) for name in many]),
    )
    lines = [line for line in fig.axes[0].lines if line.get_label().startswith("t")]
    assert lines[0].get_color() == lines[-1].get_color()
    assert lines[0].get_linestyle() != lines[-1].get_linestyle()
