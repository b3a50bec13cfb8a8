"""The page of the tracks of a training dataset."""

import re

import polars as pl

from seqcast.datasets.coverage.track_comparison import SCHEMA
from seqcast.report.pages.preflight import MOST_DRAWN, preflight_html

ROWS = pl.DataFrame(
    [
        ("total", "late<1>+", 0.0, "> 0", "doubtful", "No coverage in any window."),
        ("sense over antisense", "a+ and a-", 0.02, ">= 0.7", "refused", "Strands are exchanged."),
        ("sense over antisense", "b+ and b-", None, ">= 0.7", "fine", "0 genes."),
    ],
    schema=SCHEMA, orient="row",
)  # fmt: skip


def content(tracks: int) -> dict:
    profile = [0.0, 4.0, 2.0]
    return {
        "tracks": [f"t{i}+" for i in range(tracks)],
        "correlations": [[1.0] * (tracks - 1) + [None]] * tracks,
        "examples": [{"gene": "G<1>", "place": "chr1:1-9 (+)", "sense": [profile] * tracks,
                      "antisense": [None, *[[0.0, 1.0, 0.0]] * (tracks - 1)]}],
    }  # fmt: skip


def test_doubts_come_first_the_worst_before_others():
    page = preflight_html("mine", ROWS, content(2))
    warnings = re.findall(r'<p class="warning">(.*?)</p>', page)
    assert [text.split(":")[0] for text in warnings] == [
        "sense over antisense, a+ and a-", "total, late&lt;1&gt;+"]  # fmt: skip
    assert "All checks are within expectation" not in page
    fine = preflight_html("mine", ROWS.filter(status="fine"), content(2))
    assert 'class="warning"' not in fine
    assert "All checks are within expectation" in fine


def test_coverage_is_drawn_within_its_frame():
    page = preflight_html("mine", ROWS, content(2))
    assert "<b>G&lt;1&gt;</b>" in page
    paths = re.findall(r'<path d="([^"]+)" fill="(#\w+)"', page)
    assert re.findall(r">(t\d.?) \(4", page) == [
        "t0",
        "t1",
    ]  # of a pair: a gene may lie on either strand
    assert [colour for _, colour in paths] == ["#1f77b4", "#1f77b4", "#b00020"]
    heights = [float(y) for y in re.findall(r",([\d.]+)", paths[0][0])]
    assert (min(heights), max(heights)) == (14, 48)  # of the first, without antisense


def test_many_tracks_are_cut_and_counted():
    page = preflight_html("mine", ROWS, content(MOST_DRAWN + 3))
    assert "3 further tracks are not drawn" in page
    assert f"t{MOST_DRAWN}<" not in page
