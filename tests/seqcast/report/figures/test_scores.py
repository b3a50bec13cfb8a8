"""Figures of scores draw the numbers that the tables hold."""

import numpy as np
import polars as pl
import pytest

from seqcast.report.figures.scores import (
    correlation_text,
    fold_agreement,
    fold_agreements,
    score_distribution,
    score_distributions,
)
from seqcast.report.figures.style import new_figure


def table(rows: list[list[float] | None]) -> pl.DataFrame:
    """Score table with one gene a variant and two tracks; None is not scored."""
    return pl.DataFrame(
        {
            "variant": [f"v{i}" for i in range(len(rows))],
            "chrom": "chr1",
            "pos": range(len(rows)),
            "ref": "A",
            "alt": "G",
            "gene_id": "g",
            "status": ["no_gene_in_window" if row is None else "scored" for row in rows],
            "logSED": pl.Series("logSED", rows, dtype=pl.Array(pl.Float32, 2)),
        }
    )


ROWS = [[1.0, -3.0], None, [0.5, 0.5], [-8.0, 0.0], None]


def test_cumulative_distribution_of_the_mean_absolute_score() -> None:
    ax = score_distribution(new_figure(4, 3).subplots(), {"set": table(ROWS)})
    line = ax.lines[0]
    assert line.get_xdata().tolist() == [0.5, 0.5, 2.0, 4.0]  # (1 + 3) / 2, 0.5, 8 / 2
    assert line.get_ydata() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert ax.get_xscale() == "log"
    assert ax.get_legend().texts[0].get_text() == "set: n = 3, 2 not scored"
    assert ax.get_xlabel() == "mean |logSED|"


def test_signed_histogram_is_symmetric_about_zero() -> None:
    ax = score_distribution(new_figure(4, 3).subplots(), {"set": table(ROWS)}, signed=True)
    counts, edges, _ = ax.patches[0].get_data()
    assert (edges[0], edges[-1]) == (-4, 4)
    assert counts.sum() == 3
    assert counts[0] == 1  # -4
    assert counts[np.searchsorted(edges, -1) - 1] == 1  # (1 - 3) / 2
    assert ax.get_xlabel() == "mean logSED (ALT − REF)"


def test_only_selected_tracks_are_averaged() -> None:
    ax = new_figure(4, 3).subplots()
    score_distribution(ax, {"set": table(ROWS)}, selected=np.array([1]))
    assert ax.lines[0].get_xdata().tolist() == [0.0, 0.0, 0.5, 3.0]
    ax.figure.canvas.draw()  # a zero on a log axis draws without a warning


def test_sets_without_scores_say_so() -> None:
    fig = score_distributions(new_figure(8, 3), {"a": table([None]), "b": table(ROWS).clear()})
    assert [ax.texts[0].get_text() for ax in fig.axes] == ["no variant was scored"] * 2
    ax = score_distribution(new_figure(4, 3).subplots(), {"a": table([None]), "b": table(ROWS)})
    labels = [text.get_text() for text in ax.get_legend().texts]
    assert labels == ["a: n = 0, 1 not scored", "b: n = 3, 2 not scored"]


def test_all_zero_scores_draw() -> None:
    fig = score_distributions(new_figure(8, 3), {"a": table([[0.0, 0.0]] * 3)})
    fig.canvas.draw()
    assert fig.axes[0].get_xscale() == "linear"


def test_agreement_plots_row_means_of_both_folds() -> None:
    other = table([[2.0, -2.0], None, [0.0, 1.0], [-6.0, 0.0], None])
    ax = fold_agreement(new_figure(3, 3).subplots(), table(ROWS), other, labels=("f0", "f1"))
    assert ax.collections[0].get_offsets().tolist() == [[-1.0, 0.0], [0.5, 0.5], [-4.0, -3.0]]
    identity = ax.lines[0]
    assert identity.get_xydata()[0].tolist() == pytest.approx([-4.225, -4.225])  # 5 % of 4.5
    # by hand: x - mean = (.5, 2, -2.5), y - mean = (5/6, 4/3, -13/6);
    # r = 8.5 / sqrt(10.5 * 7.1667) = 0.980
    assert ax.texts[0].get_text() == "Pearson r = 0.980\nSpearman ρ = 1.000\nn = 3"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mean logSED, f0", "mean logSED, f1")


def test_spearman_shares_the_ranks_of_ties() -> None:
    # ranks of y: 1, 2.5, 2.5, 4: rho = 4.5 / sqrt(5 * 4.5) = 0.949
    text = correlation_text(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 2.0, 100.0]))
    assert "Spearman ρ = 0.949" in text


@pytest.mark.parametrize("rows", [[[1.0, 1.0]], [[0.0, 0.0]] * 4])
def test_correlation_of_constants_is_not_defined(rows: list[list[float] | None]) -> None:
    ax = fold_agreement(new_figure(3, 3).subplots(), table(rows), table(rows))
    assert ax.texts[0].get_text().startswith("correlation undefined")
    ax.figure.canvas.draw()


def test_folds_of_other_rows_are_refused() -> None:
    ax = new_figure(3, 3).subplots()
    with pytest.raises(ValueError, match="other variants, genes or statuses"):
        fold_agreement(ax, table(ROWS), table(ROWS[:4]))


def test_each_fold_is_compared_with_the_first() -> None:
    folds = {name: table(ROWS) for name in ("f0c0", "f1c0", "f2c0")}
    fig = fold_agreements(new_figure(7, 3), folds)
    assert [ax.get_ylabel() for ax in fig.axes] == [
        "mean logSED, fold f1c0",
        "mean logSED, fold f2c0",
    ]
