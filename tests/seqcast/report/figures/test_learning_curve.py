"""Learning curves draw the history as it is."""

import polars as pl
import pytest

from seqcast.report.figures.learning_curve import learning_curve, size_in
from seqcast.report.figures.style import new_figure

HISTORY = pl.DataFrame(
    {
        "step": [0, 10, 20, 30],
        "learning_rate": [0.0, 2e-4, 1e-4, 0.0],
        "train_loss": [None, 0.6, 0.4, 0.3],
        "validation_loss": [0.7, 0.5, 0.45, 0.5],
        "validation_auc": [0.5, 0.8, 0.9, 0.85],
        "best": [True, True, True, False],
    }
)


def test_losses_values_and_rate_are_drawn() -> None:
    fig = learning_curve(new_figure(5.6, 5), HISTORY)
    losses, values, rate = fig.axes
    _, train, validation = losses.lines
    assert train.get_xdata().tolist() == [5, 15, 25]  # middles of the steps they are means of
    assert train.get_ydata().tolist() == [0.6, 0.4, 0.3]
    assert validation.get_ydata().tolist() == [0.7, 0.5, 0.45, 0.5]
    assert values.lines[1].get_ydata().tolist() == [0.5, 0.8, 0.9, 0.85]
    assert [text.get_text() for text in values.get_legend().texts] == ["AUC"]
    assert rate.lines[1].get_ydata().tolist() == [0.0, 2e-4, 1e-4, 0.0]
    fig.draw_without_rendering()


def test_the_kept_step_is_marked() -> None:
    fig = learning_curve(new_figure(5.6, 5), HISTORY)
    assert [list(ax.lines[0].get_xdata()) for ax in fig.axes] == [[20, 20]] * 3
    labels = [text.get_text() for text in fig.axes[0].get_legend().texts]
    assert labels == ["training", "validation", "kept: step 20"]


@pytest.mark.parametrize("rows", [1, 2])
def test_short_trainings_and_losses_alone_draw(rows: int) -> None:
    fig = learning_curve(new_figure(5.6, 4), HISTORY.head(rows).drop("validation_auc"))
    assert len(fig.axes) == 2
    fig.draw_without_rendering()


def test_each_quantity_has_its_own_panel() -> None:
    history = HISTORY.drop("validation_auc").with_columns(
        validation_pearsonr=pl.Series([0.0, 0.7, 0.8, 0.7]),
        validation_r2=pl.Series([-80.0, 0.3, 0.4, 0.3]),
        validation_loss_human=pl.Series([0.8, 0.6, 0.5, 0.5]),
        validation_r2_human=pl.Series([-90.0, 0.2, 0.5, 0.3]),
    )
    fig = learning_curve(new_figure(*size_in(history)), history)
    assert [ax.get_ylabel() for ax in fig.axes] == [
        "loss", "Pearson's r", "$R^2$", "learning rate"]  # fmt: skip
    drawn = {
        (ax.get_ylabel(), line.get_label()): line.get_ydata().tolist()
        for ax in fig.axes[:3] for line in ax.lines[1:]
    }  # fmt: skip
    assert drawn == {
        ("loss", "training"): [0.6, 0.4, 0.3],
        ("loss", "validation"): [0.7, 0.5, 0.45, 0.5], ("loss", "human"): [0.8, 0.6, 0.5, 0.5],
        ("Pearson's r", "validation"): [0.0, 0.7, 0.8, 0.7],
        ("$R^2$", "validation"): [-80.0, 0.3, 0.4, 0.3],
        ("$R^2$", "human"): [-90.0, 0.2, 0.5, 0.3],
    }  # fmt: skip
    assert fig.axes[2].get_ylim() == (-1, 1)  # what an untrained network has hides no other value
    fig.draw_without_rendering()
    width = fig.bbox.width
    assert all(ax.get_position().width > 0.75 for ax in fig.axes)
    assert all(ax.get_legend().get_window_extent().x1 < width for ax in fig.axes[:3])
