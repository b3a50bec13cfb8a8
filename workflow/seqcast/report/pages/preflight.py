"""HTML page of the tracks of a training dataset, before anything is learned from them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from seqcast.datasets.coverage.track_comparison import FINE, REFUSED
from seqcast.report.pages.rendering import figure, number, render

WIDTH, HEIGHT, GAP = 260, 34, 14  # px, of the coverage of a track along a gene
MOST_DRAWN = 24  # strand pairs in figures


class Drawn(NamedTuple):
    """An SVG path of sense, and one of antisense coverage."""

    top: int
    sense: str
    antisense: str
    name: str
    most: float


def preflight_html(name: str, rows: pl.DataFrame, content: Mapping[str, Any]) -> str:
    """The page of a training dataset.

    Parameters
    ----------
    name : str
        Of the dataset.
    rows : DataFrame
        `track_comparison.SCHEMA`.
    content : mapping
        Of `example_profiles.page_content`.

    Returns
    -------
    str
        A whole HTML document.
    """
    checks: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        checks.setdefault(row["check"], []).append(row)
    doubts = rows.filter(pl.col("status") != FINE).sort(pl.col("status") != REFUSED)
    shown = [track.removesuffix("+") for track in content["tracks"][:MOST_DRAWN]]
    return render(
        "preflight.html",
        {"figure": figure, "number": number, "colour": _colour},
        name=name,
        checks=checks,
        doubts=doubts.to_dicts(),
        fine=FINE,
        tracks=shown,
        left_out=len(content["tracks"]) - len(shown),
        correlations=[row[: len(shown)] for row in content["correlations"][: len(shown)]],
        examples=[{**one, "drawn": _drawn(one, shown)} for one in content["examples"]],
        size=(WIDTH, HEIGHT, GAP),
    )


def _colour(value: float | None) -> str:
    """Background of a correlation: white at 0 and below, the darker the closer to 1."""
    strength = 0.0 if value is None else max(0.0, value) ** 2
    return f"rgba(31, 119, 180, {0.75 * strength:.2f})"


def _drawn(example: Mapping[str, Any], names: Sequence[str]) -> list[Drawn]:
    """Paths of each track: sense coverage upwards, antisense downwards, on one scale a track."""
    found = []
    for k, name in enumerate(names):
        sense, antisense = example["sense"][k], example["antisense"][k]
        most = max([*sense, *(antisense or [])], default=0.0)
        top = k * (HEIGHT + GAP) + GAP
        middle = top + HEIGHT * (0.7 if antisense else 1.0)
        up, down = HEIGHT * 0.7 if antisense else HEIGHT, HEIGHT * 0.3
        found.append(Drawn(
            top, _area(sense, middle, -up, most),
            _area(antisense, middle, down / 0.3 * 0.7, most) if antisense else "", name, most,
        ))  # fmt: skip
    return found


def _area(values: Sequence[float], middle: float, height: float, most: float) -> str:
    """A filled curve from the left to the right; values that reach too low are cut by the frame."""
    step = WIDTH / max(1, len(values) - 1)
    points = [
        f"{i * step:.1f},{middle + height * (value / most if most else 0):.1f}"
        for i, value in enumerate(values)
    ]
    return f"M0,{middle:.1f} L{' L'.join(points)} L{WIDTH},{middle:.1f} Z"
