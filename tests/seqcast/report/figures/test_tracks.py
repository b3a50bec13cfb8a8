"""Track figures draw the right bins, at the right place, for the right allele."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_hex

from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.intervals import Geometry
from seqcast.predict.variants.gene_bins import genes_in_window
from seqcast.report.figures.style import ALT_LINE, REF_LINE, new_figure
from seqcast.report.figures.top import variant_page, variant_pages
from seqcast.report.figures.tracks import (
    difference_strip,
    gene_model,
    ref_alt_tracks,
    time_course_curve,
)
from seqcast.report.strongest_coverage import (
    TopPrediction,
    exon_sums,
    read_top,
    shown_bins,
)
from tests.seqcast.report.figures.test_maps import view as map_view

GENE = Gene("ENSG1", "TP53", "chr1", "-", ((1320, 1448), (1640, 1720)))
TRACKS = pl.DataFrame(
    {"description": ["RNA:ActD:sim 0h", "RNA:ActD:sim 2h", "CAGE:sim", "RNA:ActD:sim 2h"]}
)


def coverage(rows: int, bins: int = 40) -> np.ndarray:
    """Distinct numbers: row r, bin b holds 100 r + b."""
    return (100.0 * np.arange(rows)[:, None] + np.arange(bins)).astype(np.float32)


def test_view_is_the_gene_with_a_margin() -> None:
    # gene 1320-1720 of 400 bp: margin max(20, 8 bins = 256); bin 0 starts at 1000
    assert shown_bins(GENE, 1400, 1000, 32, 40) == (2, 31)  # 1064 / 32 = 2; 976 / 32 = 30.5
    assert shown_bins(GENE, 1400, 1000, 32, 25) == (2, 25)  # as far as the predictions reach
    assert shown_bins(GENE, 1010, 1000, 32, 40) == (0, 31)  # with a variant outside the gene


def test_rows_draw_both_alleles_in_their_bins() -> None:
    ref, alt = coverage(2), coverage(2) + 7
    fig = ref_alt_tracks(new_figure(9, 4), ref, alt, ["0 h", "2 h"], 1000, 32, GENE, 1400, "rs1")
    rows = fig.axes[:2]
    assert [ax.get_title("left") for ax in rows] == ["0 h", "2 h"]
    for i, ax in enumerate(rows):
        lines = {patch.get_label(): patch for patch in ax.patches if not patch.get_fill()}
        for label, values, colour in (("REF", ref, REF_LINE), ("ALT", alt, ALT_LINE)):
            drawn, edges, _ = lines[label].get_data()
            assert drawn.tolist() == values[i, 2:31].tolist()
            assert edges[[0, 1, -1]].tolist() == [1064, 1096, 1992]
            assert to_hex(lines[label].get_edgecolor()) == colour.lower()
        assert ax.lines[-1].get_xdata() == [1400.5, 1400.5]  # the middle of the variant's base
    assert rows[0].get_ylim() == rows[1].get_ylim()
    strip = fig.axes[2].collections[0]
    assert strip.get_array().tolist() == np.full((2, 29), 7.0).tolist()
    assert strip.get_clim() == (-7, 7)
    assert fig.axes[3].get_xlabel() == "position on chr1 (kb)"
    assert "predicted coverage\nper 32 bp" in [ax.get_ylabel() for ax in rows]


def test_ticks_are_rounded_to_what_they_mean() -> None:
    fig = ref_alt_tracks(new_figure(9, 4), coverage(1), coverage(1), ["0 h"], 1000, 32, GENE, 1400)
    fig.canvas.draw()
    for tick, label in zip(fig.axes[2].get_xticks(), fig.axes[2].get_xticklabels(), strict=True):
        assert float(label.get_text()) * 1000 == pytest.approx(tick)


def test_equal_alleles_have_a_strip_of_zeros() -> None:
    ax = difference_strip(new_figure(4, 1).subplots(), np.zeros((2, 3)), np.arange(4), ["a", "b"])
    assert ax.collections[0].get_clim() == (-1, 1)


@pytest.mark.parametrize(("strand", "sign"), [("+", "+"), ("-", "−")])
def test_gene_model_draws_exons_and_name(strand: str, sign: str) -> None:
    gene = Gene("ENSG1", "TP53", "chr1", strand, GENE.exons)
    ax = gene_model(new_figure(4, 1).subplots(), gene, (1000, 2000))
    boxes = [path.get_extents() for path in ax.collections[0].get_paths()]
    assert [(box.x0, box.x1) for box in boxes] == [(1320, 1448), (1640, 1720)]
    assert ax.lines[0].get_xdata().tolist() == [1320, 1720]
    assert ax.texts[0].get_text() == f"TP53 ({sign})"
    assert ax.get_xlim() == (1000, 2000)


def test_gene_without_a_name_shows_its_id() -> None:
    ax = new_figure(4, 1).subplots()
    gene_model(ax, Gene("ENSG1", "", "chr1", "+", ((10, 20),)), (0, 30))
    assert ax.texts[0].get_text() == "ENSG1 (+)"


def test_exon_sums_take_the_bins_that_exons_mostly_cover() -> None:
    # exon 1320-1448 from 1000: 10.0 to 14.0, bins 10-13; 1640-1720: 20.0 to 22.5, bins 20, 21
    sums = exon_sums(coverage(2), 1000, 32, GENE)
    assert sums[0] == 10 + 11 + 12 + 13 + 20 + 21
    assert sums[1] == sums[0] + 6 * 100
    assert exon_sums(coverage(1, bins=12), 1000, 32, GENE).tolist() == [10 + 11]


def test_exon_sums_take_the_bins_of_the_scores() -> None:
    geometry = Geometry(length_bp=40 * 32, bin_size_bp=32, crop_bins=0)
    found = genes_in_window(Annotation((GENE,)), "chr1", 1000, geometry)
    assert exon_sums(coverage(1), 1000, 32, GENE)[0] == coverage(1)[0, found[0].bins].sum()


def test_decay_is_relative_to_the_same_allele_at_the_first_time() -> None:
    ax = new_figure(3, 3).subplots()
    time_course_curve(ax, [0, 0.5, 8], np.array([80, 40, 10]), np.array([10, 2.5, 0]))
    ref, alt = ax.lines[:2]
    assert ref.get_ydata() == pytest.approx([0, -1, -3])
    assert alt.get_ydata()[:2] == pytest.approx([0, -2])
    assert np.isnan(alt.get_ydata()[2])  # nothing left has no logarithm
    assert list(ref.get_xdata()) == [0, 0.5, 8]
    assert ax.get_ylabel() == "log2 (gene sum / sum at 0 h)"
    assert ax.get_xticks().tolist() == [0, 8]  # 0.5 would touch 0


def predictions(track: list[int]) -> dict[str, Any]:
    ref = coverage(len(track))
    return {"variant": ["rs1"], "gene_id": ["ENSG1"], "contig": ["chr1"], "start": [1000],
            "bin_size_bp": 32, "track": track, "ref": ref[None], "alt": ref[None] + 1}  # fmt: skip


def test_read_top_gives_one_prediction_a_variant(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", **predictions([0, 1, 3]))
    (top,) = read_top(tmp_path / "x.npz")
    assert (top.variant, top.gene_id, top.contig) == ("rs1", "ENSG1", "chr1")
    assert (top.start, top.bin_size_bp, top.track.tolist()) == (1000, 32, [0, 1, 3])
    assert top.alt.shape == (3, 40)


def one(track: list[int]) -> TopPrediction:
    names = ("variant", "gene_id", "contig", "start", "ref", "alt")
    arrays = predictions(track)
    first = {name: arrays[name][0] for name in names}
    return TopPrediction(**first, bin_size_bp=32, track=np.array(track))


RANKED = {"rank": 1, "variant": "rs1", "chrom": "1", "pos": 1401, "ref": "A" * 13, "alt": "G",
          "gene_id": "ENSG1"}  # fmt: skip


def test_page_averages_replicates_and_names_the_variant() -> None:
    fig = variant_page(one([0, 1, 3]), GENE, RANKED, TRACKS)
    tracks, curves = fig.subfigs
    assert tracks.get_suptitle() == "rs1, 1:1,401 [13 bp]>G in TP53, time course sim"
    assert [ax.get_title("left") for ax in tracks.axes[:2]] == ["0 h", "2 h"]
    drawn = tracks.axes[1].patches[0].get_data()[0]  # replicates hold 100 + b and 200 + b
    assert drawn.tolist() == [150 + b for b in range(2, 31)]
    assert [ax.get_title() for ax in curves.axes] == ["sim"]
    assert tracks.axes[0].lines[-1].get_xdata() == [1400.5, 1400.5]  # pos 1401 is base 1400


def test_page_says_half_lives_and_draws_a_map_below() -> None:
    lives = pl.DataFrame({"course": ["sim"], "status": ["scored"], "ref_half_life_h": [1.234],
                          "alt_half_life_h": [2.0]})  # fmt: skip
    fig = variant_page(one([0, 1, 3]), GENE, RANKED, TRACKS, lives, map_view())
    _, curves, around = fig.subfigs
    titles = [ax.get_title() for ax in curves.axes]
    assert titles == ["sim\nhalf-life 1.23 h with REF, 2 h with ALT"]
    assert around.get_suptitle().startswith("Which bases act")
    assert [ax.get_ylabel() for ax in around.axes if ax.get_ylabel()] == [
        "exons", "importance", "allele",
    ]  # fmt: skip
    failed = lives.with_columns(
        status=pl.lit("rate_at_bound"), alt_half_life_h=pl.lit(None, pl.Float64)
    )
    fig = variant_page(one([0, 1, 3]), GENE, RANKED, TRACKS, failed)
    assert [ax.get_title() for ax in fig.subfigs[1].axes] == ["sim\nrate at bound"]


def test_page_without_a_whole_course_shows_the_tracks_it_has() -> None:
    fig = variant_page(one([0, 2]), GENE, RANKED, TRACKS)
    assert len(fig.subfigs) == 1
    titles = [ax.get_title("left") for ax in fig.subfigs[0].axes[:2]]
    assert titles == ["RNA:ActD:sim 0h", "CAGE:sim"]


def test_pages_follow_the_ranks() -> None:
    ranked = pl.DataFrame([RANKED, RANKED | {"rank": 2, "variant": "rs2"}])
    pages = list(variant_pages([one([0, 1, 3])], ranked, TRACKS, [GENE], "eqtl; tiny, fold 0"))
    assert [rank for rank, _ in pages] == [1]
    assert pages[0][1].get_suptitle() == "eqtl; tiny, fold 0; rank 1 of 2 scored variants"
    with pytest.raises(ValueError, match="rank 2 is rs2 at ENSG1, but the predictions are of rs1"):
        list(variant_pages([one([0, 1, 3])], ranked[1:], TRACKS, [GENE]))
