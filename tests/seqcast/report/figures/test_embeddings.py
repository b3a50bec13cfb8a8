"""The figure of features: every embedded sequence is a point, every sequence has its length."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA

from seqcast.predict.embeddings.embedding_outcomes import columns
from seqcast.report.figures import embeddings
from seqcast.report.figures.embeddings import length_ticks, plot_embeddings, principal_components

WIDTH = 4


def table(n, coding=0, lost=0, pooling="mean"):
    rng = np.random.default_rng(0)
    rows = [
        dict.fromkeys(columns(WIDTH))
        | {"row": i, "id": f"s{i}", "length_nt": 100 + i, "status": "embedded", "flags": "",
           f"embedding_{pooling}": rng.normal(size=WIDTH).tolist()}
        | ({"embedding_mean_cds": [0.0] * WIDTH} if i < coding else {})
        for i in range(n)
    ]  # fmt: skip
    gone = dict.fromkeys(columns(WIDTH)) | {"length_nt": 20_000, "status": "too_long", "flags": ""}
    return pl.DataFrame(rows + [gone] * lost, schema=columns(WIDTH))


def points(ax):
    return sum(len(drawn.get_offsets()) for drawn in ax.collections)


def panels(figure):
    return [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]


@pytest.mark.parametrize(("coding", "expected"), [(0, 2), (12, 3), (30, 2)])
def test_panels_and_points(coding, expected):
    figure = plot_embeddings(table(30, coding, lost=2), "m fold 0", "set", "source")
    *scatters, lengths = panels(figure)
    assert len(scatters) + 1 == expected
    assert [points(ax) for ax in scatters] == [30] * len(scatters)
    assert sum(bar.get_height() for bar in lengths.patches if bar.get_height() < 40) >= 32
    assert "30 of 32 sequences embedded" in figure.get_suptitle()
    assert "UNTRAINED" not in figure.get_suptitle()


def test_components_are_those_of_a_plain_decomposition():
    frame = table(20, pooling="last")
    figure = plot_embeddings(frame, "m", "set", "random")
    ax = panels(figure)[0]
    values = frame["embedding_last"].to_numpy().astype(float)
    values -= values.mean(0)
    u, s, _ = np.linalg.svd(values, full_matrices=False)
    order = np.random.default_rng(0).permutation(20)
    found = np.abs(ax.collections[0].get_offsets())
    np.testing.assert_allclose(found, np.abs(u * s)[order, :2], atol=1e-6)
    assert ax.get_xlabel() == f"PC1 of last ({s[0] ** 2 / (s**2).sum():.0%} of variance)"
    assert "UNTRAINED random weights" in figure.get_suptitle()


def test_components_are_those_of_scikit_learn_and_point_as_there():
    values = np.random.default_rng(2).normal(size=(50, 6)).astype(np.float32) * np.arange(1, 7)
    pca = PCA(2)
    points, shares = principal_components(values)
    np.testing.assert_allclose(points, pca.fit_transform(values), atol=1e-6)
    np.testing.assert_allclose(shares, pca.explained_variance_ratio_)


def test_many_are_drawn_in_part(monkeypatch):
    monkeypatch.setattr(embeddings, "MOST_POINTS", 10)
    ax, _ = panels(plot_embeddings(table(30), "m", "set", "source"))
    assert points(ax) == 10


@pytest.mark.parametrize("frame", [table(2), table(0, lost=3), table(0)])
def test_too_few_is_said(frame):
    figure = plot_embeddings(frame, "m", "set", "source")
    assert "Too few different sequences." in [t.get_text() for t in figure.axes[0].texts]


def shown_labels(axis):
    """Labels between the ends of an axis, and their boxes on the page along it."""
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    labels = [t.label1 if t.label1.get_visible() else t.label2 for t in ticks]
    return {
        label.get_text(): label.get_window_extent()
        for tick, label in zip(ticks, labels, strict=True)
        if label.get_text() and low <= tick.get_loc() <= high
    }


@pytest.mark.parametrize(
    ("shortest", "longest"), [(680, 1480), (700, 700), (200, 12_288), (90, 400), (30, 109_000)]
)
@pytest.mark.parametrize("coding", [0, 12])
def test_lengths_are_plain_numbers_that_do_not_overlap(shortest, longest, coding):
    lengths = np.geomspace(shortest, longest, 30).round().astype(int)
    frame = table(30, coding).with_columns(length_nt=pl.Series(lengths))
    figure = plot_embeddings(frame, "m", "set", "source")
    figure.canvas.draw()
    (bar,) = (ax for ax in figure.axes if ax.get_label() == "<colorbar>")
    for axis, along in ((panels(figure)[-1].xaxis, "x"), (bar.yaxis, "y")):
        found = shown_labels(axis)
        assert found
        assert all(f"{int(text.replace(',', '')):,}" == text for text in found)
        edges = sorted(getattr(box, f"interval{along}").tolist() for box in found.values())
        assert all(a[1] < b[0] for a, b in pairwise(edges))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (680, 1650, [750, 1000, 1250, 1500]),
        (700, 701, [700, 701]),
        (699.6, 700.4, [700]),
        (100, 20_000, [100, 300, 1000, 3000, 10_000]),
        (1, 1e6, [1, 100, 10_000, 1_000_000]),
    ],
)
def test_ticks_of_lengths_are_few_and_round(low, high, expected):
    assert length_ticks(low, high) == expected
