import numpy as np
import pytest
from matplotlib.colors import to_hex

from seqcast.report.figures.logo import COLOUR_OF, draw_logo
from seqcast.report.figures.style import new_figure


@pytest.fixture
def ax():
    return new_figure(4, 1).subplots()


def test_glyphs_stand_on_the_axis_as_high_as_their_numbers(ax):
    draw_logo(ax, "ACGTA", np.array([1.0, -2.0, 0.5, 3.0, -0.25]))
    found = {
        to_hex(patch.get_facecolor()).upper(): patch.get_path().vertices for patch in ax.patches
    }
    for base, places in {"A": [0, 4], "C": [1], "G": [2], "T": [3]}.items():
        vertices = found[COLOUR_OF[base]]
        assert min(places) < vertices[:, 0].min() < vertices[:, 0].max() < max(places) + 1
    assert found[COLOUR_OF["C"]][:, 1].min() == -2
    assert found[COLOUR_OF["C"]][:, 1].max() == 0
    assert found[COLOUR_OF["T"]][:, 1].max() == 3
    assert (found[COLOUR_OF["A"]][:, 1].min(), found[COLOUR_OF["A"]][:, 1].max()) == (-0.25, 1)


def test_unknown_bases_and_numbers_leave_gaps(ax):
    draw_logo(ax, "NAA", np.array([1.0, np.nan, 2.0]))
    (patch,) = ax.patches
    assert patch.get_path().vertices[:, 0].min() > 2


def test_nothing_to_draw_is_an_axis(ax):
    draw_logo(ax, "", np.array([]))
    assert not ax.patches
    assert len(ax.lines) == 1
