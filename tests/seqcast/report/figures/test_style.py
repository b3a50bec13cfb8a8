"""Saved figures are whole, small in metadata and the same each time."""

from pathlib import Path

import pytest

from seqcast.report.figures.style import head, new_figure, plain, save, say, tidy, warn


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_same_figure_gives_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        fig = new_figure(2, 1)
        tidy(fig.subplots()).plot([0, 1], [1, 0])
        save(fig, tmp_path / f"{name}.{suffix}")
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("a", "b"))
    assert first == second
    assert b"Matplotlib" not in first[:2000]
    if suffix == "png":
        width = int.from_bytes(first[16:20])  # IHDR
        assert width == 300  # 2 inches at 150 dpi


def test_other_formats_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.png or \.svg"):
        save(new_figure(1, 1), tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []


def test_users_text_is_not_a_formula() -> None:
    ax = new_figure(2, 1).subplots()
    say(ax, plain("rs$1$"))
    ax.figure.canvas.draw()
    assert ax.texts[0].get_text() == r"rs\$1\$"
    assert plain("A" * 70) == "A" * 57 + "..."


def test_what_a_figure_is_of_stands_above_it_and_fits() -> None:
    fig = new_figure(3, 2)
    fig.subplots()
    assert head(fig, "eqtl_$1", "tiny, mean of folds 0 and 1", "4 of 11 tracks (^RNA:ActD)") is fig
    assert warn(warn(fig), "SAME WEIGHTS: tiny, folds 0 and 1") is fig
    fig.canvas.draw()
    said = fig.get_suptitle()
    assert said.replace("\n", " ") == (
        r"eqtl_\$1; tiny, mean of folds 0 and 1; 4 of 11 tracks (^RNA:ActD)"
    )
    assert fig.get_supxlabel() == "SAME WEIGHTS: tiny, folds 0 and 1"
    for text in (fig._suptitle, fig._supxlabel):
        assert text.get_window_extent().x1 <= fig.bbox.x1
