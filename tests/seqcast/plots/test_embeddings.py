"""The figure of features: every embedded sequence is a point, every sequence has its length."""

import numpy as np
import polars as pl
import pytest

from seqcast.embedding_outcomes import columns
from seqcast.plots import embeddings
from seqcast.plots.embeddings import plot_embeddings

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


def test_many_are_drawn_in_part(monkeypatch):
    monkeypatch.setattr(embeddings, "MOST_POINTS", 10)
    ax, _ = panels(plot_embeddings(table(30), "m", "set", "source"))
    assert points(ax) == 10


@pytest.mark.parametrize("frame", [table(2), table(0, lost=3), table(0)])
def test_too_few_is_said(frame):
    figure = plot_embeddings(frame, "m", "set", "source")
    assert "Too few different sequences." in [t.get_text() for t in figure.axes[0].texts]
