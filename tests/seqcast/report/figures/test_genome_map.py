"""The map of a training dataset: windows are where they lie, and contigs that are left out are told."""

import polars as pl

from seqcast.report.figures.genome_map import MOST_CONTIGS, plot_windows


def test_windows_lie_in_their_row_in_the_colour_of_their_role() -> None:
    windows = pl.DataFrame(
        {
            "chrom": ["chr1", "chr1", "chr2"],
            "start": [0, 10_000_000, 0],
            "end": [1_000_000, 12_000_000, 1_000_000],
            "part": ["fold0", "fold1", "test"],
        }
    )
    ax = plot_windows(windows, {"fold0": "train", "fold1": "valid", "test": "test"}).axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["chr1", "chr2"]
    drawn = [
        (path.get_extents().x0, path.get_extents().x1, round(path.get_extents().y0 + 0.35))
        for bars in ax.collections
        for path in bars.get_paths()
    ]
    assert drawn == [(0, 1, 0), (10, 12, 0), (0, 1, 1)]
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said == ["learned from: 1", "chose the weights: 1", "tested on: 1"]


def test_contigs_beyond_the_most_are_counted() -> None:
    n = MOST_CONTIGS + 270
    windows = pl.DataFrame(
        {"chrom": [f"c{i}" for i in range(n)], "start": 0, "end": 1000, "part": "fold0"}
    )
    ax = plot_windows(windows, {"fold0": "train"}).axes[0]
    assert len(ax.get_yticklabels()) == MOST_CONTIGS
    assert ax.get_xlabel() == "Mb; 270 contigs with fewer windows not shown"
