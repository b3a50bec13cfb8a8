from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from seqcast.genome.annotation import Gene
from seqcast.predict.maps.effect_maps import effect_maps
from seqcast.predict.maps.group_effects import group_effects
from seqcast.report.figures.map_views import MapView, Mark
from seqcast.report.figures.maps import plot_map, strongest_stretch
from seqcast.report.figures.style import save
from tests.seqcast.predict.maps.toy_regions import ANNOTATION, GENE, regions, scores, snvs

SEQUENCE = "ACCTGNNAGT"
PLUS = Gene("G1", "one", "chr1", "+", ((90, 140),))


def view(sequence=SEQUENCE, gene=GENE, folds=2, **more):
    given = scores(snvs(sequence, 100), folds)
    effects = group_effects(given, "logSED", {"ActD": "^RNA:ActD"})
    (found,) = effect_maps(effects, regions(("a", 100, 100 + len(sequence))), ANNOTATION)
    return MapView(found.bases(), gene, **more)


def named(figure):
    return {ax.get_ylabel().split("\n")[0].rstrip(","): ax for ax in figure.axes if ax.get_ylabel()}


def colours(ax):
    return ax.collections[0].get_array()


def test_a_map_is_drawn_along_a_gene_of_the_plus_strand():
    shown = view(
        gene=PLUS, coding=((90, 100),), coverage=np.arange(4.0), coverage_start=80, bin_size_bp=32
    )
    figure = plot_map(shown)
    axes = named(figure)
    assert list(axes) == ["REF", "exons", "importance", "allele"]
    effects = shown.bases.select("A", "C", "G", "T").to_numpy().T
    np.testing.assert_allclose(colours(axes["allele"]).filled(np.nan), effects)
    assert [label.get_text() for label in axes["allele"].get_yticklabels()] == list("ACGT")
    assert axes["allele"].get_xticklabels()[0].get_text() == "101"
    low, high = axes["exons"].get_xlim()
    assert low < 90 < 140 < high
    assert "one (+ strand): chr1:101-110, 10 bp; logSED, tracks ActD" in figure.get_suptitle()


def test_the_scale_of_coverage_is_that_of_what_is_shown():
    coverage = np.array([1, 2, 3, 2, 900, 900.0])
    axes = named(plot_map(view(coverage=coverage, coverage_start=60, bin_size_bp=32)))
    assert axes["REF"].get_ylim() == (0, pytest.approx(1.05 * 3))


def test_a_map_of_the_minus_strand_is_turned_and_complemented():
    shown = view()
    axes = named(plot_map(shown))
    turned = shown.bases.select("T", "G", "C", "A").reverse().to_numpy().T
    np.testing.assert_allclose(colours(axes["allele"]).filled(np.nan), turned)
    labels = [int(label.get_text()) for label in axes["allele"].get_xticklabels()]
    at = axes["allele"].get_xticks()
    np.testing.assert_allclose(at, 110 - np.array(labels) + 0.5)
    low, high = axes["exons"].get_xlim()
    assert low > high
    # the reference in the direction of the gene is ACTNNCAGGT
    points = axes["allele"].collections[1].get_offsets()
    expected = [(i + 0.5, "ACGT".index(b) + 0.5) for i, b in enumerate("ACTNNCAGGT") if b != "N"]
    np.testing.assert_allclose(points, expected)


def test_spread_is_drawn_where_there_is_one():
    assert len(named(plot_map(view()))["importance"].collections[-1].get_segments()) == 8
    assert not named(plot_map(view(folds=1)))["importance"].collections[-1].get_segments()


def test_a_long_region_has_bars_and_a_logo_of_the_strongest_element():
    figure = plot_map(view(sequence="ACGT" * 60))
    labels = [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel()]
    assert labels == ["exons", "importance", "allele", "importance"]
    bars, logo = (ax for ax in figure.axes if ax.get_ylabel() == "importance")
    assert bars.get_xlim() == (0, 240)
    assert logo.get_xlim() == (0, 100)


def test_the_strongest_stretch_lies_inside_of_the_region():
    importance = np.zeros(300)
    importance[[3, 150, 151, 152]] = [1, -0.8, 0.8, -0.8]
    found = strongest_stretch(importance, 100)
    assert (found.start <= 150 < found.stop, found.stop - found.start) == (True, 100)
    assert strongest_stretch(np.array([np.nan, 1.0]), 100) == slice(0, 2)
    edge = np.zeros(300)
    edge[299] = 1
    assert strongest_stretch(edge, 100) == slice(200, 300)


def test_deletions_are_a_row_of_their_own():
    shown = view()
    with_deletions = replace(shown, bases=shown.bases.with_columns(deletion=pl.lit(0.5)))
    axes = named(plot_map(with_deletions))
    assert [label.get_text() for label in axes["allele"].get_yticklabels()] == [*"ACGT", "del"]
    assert (colours(axes["allele"])[4] == 0.5).all()


def test_marks_are_named_above_their_bases():
    marks = (Mark(102, 105, "ARE", "#000000"), Mark(300, 310, "far", "#000000"))
    axes = named(plot_map(view(marks=marks)))
    texts = {text.get_text(): text.get_position()[0] for text in axes["importance"].texts}
    assert texts == {"ARE": 10 - 3.5}


def test_a_map_without_a_gene_says_why_no_base_was_scored(tmp_path):
    given = scores(snvs("ACG", 300, None))
    effects = group_effects(given, "logSED", {"all": None})
    (found,) = effect_maps(effects, regions(("a", 300, 303)), ANNOTATION)
    figure = plot_map(MapView(found.bases()))
    assert [t.get_text() for t in figure.axes[0].texts] == [
        "no base was scored (no_gene_in_window)"
    ]
    save(figure, tmp_path / "none.png")


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_equal_maps_are_equal_files(tmp_path, suffix):
    for name in ("a", "b"):
        save(
            plot_map(view(coverage=np.ones(4), coverage_start=80, bin_size_bp=32)),
            tmp_path / f"{name}.{suffix}",
        )
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
