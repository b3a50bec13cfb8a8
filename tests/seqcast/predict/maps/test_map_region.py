"""A map from models and a genome, of a model that counts bases."""

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from seqcast.core.errors import InputError
from seqcast.genome.annotation import Annotation, Gene
from seqcast.predict.maps.map_region import GeneMap, map_regions
from tests.seqcast.toy_models import BaseCounter

ANNOTATION = Annotation((
    Gene("G1.1", "plus", "chr1", "+", ((1900, 1960), (2040, 2200))),
    Gene("G2.1", "minus", "chr1", "-", ((2300, 2400),)),
))  # fmt: skip
OPTIONS = {"reverse_complement": False}  # the model knows no strands
PLACE = ("chr1", 2100, 2106)


class Halved(BaseCounter):
    """Another fold."""

    def forward(self, one_hot):
        return super().forward(one_hot) / 2


@pytest.fixture
def mapped(genome, tracks):
    def mapped(models=None, place=PLACE, **asked):
        asked = {"options": OPTIONS, **asked}
        models = models or [BaseCounter(1024)]
        return map_regions(models, genome, ANNOTATION, tracks, [place], **asked)[0]

    return mapped


def test_a_map_holds_the_scores_of_all_snvs(mapped, genome, tracks):
    found = GeneMap(**mapped(tracks_like="^C$"))  # track c counts G
    assert found.reference == genome.fetch(*PLACE)
    assert (found.gene.gene_id, found.score) == ("G1.1", "logSED")
    start = found.coverage_start
    g_in_exons = sum(genome.fetch("chr1", a, b).count("G") for a, b in ((1888, 1952), (2048, 2208)))
    for base, row in zip(found.reference, found.effects[:, :4], strict=True):
        gains = [(alt == "G") - (base == "G") for alt in "ACGT"]
        expected = np.log2(1 + g_in_exons + np.array(gains)) - np.log2(1 + g_in_exons)
        np.testing.assert_allclose(row, expected, atol=1e-5)
    assert found.coverage.sum() == genome.fetch("chr1", start, start + 1024).count("G")
    assert np.isnan(found.spreads).all()


def test_folds_have_a_mean_and_a_spread(mapped):
    rows = mapped(models=[BaseCounter(1024), Halved(1024)], score="SED")["rows"]
    assert rows["effect_sd"].null_count() == 0
    np.testing.assert_allclose(
        rows["effect"], (rows["effect_fold0"] + rows["effect_fold1"]) / 2, atol=1e-6
    )
    np.testing.assert_allclose(rows["effect_fold0"], 2 * rows["effect_fold1"], atol=1e-6)


def test_deletions_are_scored_where_they_are_asked_for(mapped):
    assert np.isnan(GeneMap(**mapped()).effects[:, 4]).all()
    found = GeneMap(**mapped(deletions=True))
    assert np.isfinite(found.effects[:, 4]).sum() >= 5  # a run may begin before the region


def test_a_gene_is_chosen_by_id_or_name(mapped):
    for name in ("G2.1", "minus"):
        assert mapped(gene=name)["gene"].gene_id == "G2.1"
    with pytest.raises(InputError, match=r"gene 'other' has no exon in the windows.*minus"):
        mapped(gene="other")


def test_regions_are_mapped_together_as_alone(mapped, genome, tracks):
    places = [(*PLACE[:1], 2330, 2333), PLACE, ("chr1", 3600, 3602)]
    together = map_regions([BaseCounter(1024)], genome, ANNOTATION, tracks, places, options=OPTIONS)
    assert [one["region"].name for one in together] == [
        "chr1:2331-2333", "chr1:2101-2106", "chr1:3601-3602",
    ]  # fmt: skip
    for one, place in zip(together, places, strict=True):
        alone = mapped(place=place)
        assert_frame_equal(one["rows"], alone["rows"])
        np.testing.assert_array_equal(one["coverage"], alone["coverage"])


def test_variants_without_the_gene_in_their_window_keep_a_row(genome, tracks):
    places = [PLACE, ("chr1", 2810, 2812)]  # the second in windows with G2.1 alone
    near, far = map_regions(
        [BaseCounter(1024)], genome, ANNOTATION, tracks, places, gene="plus", options=OPTIONS
    )
    assert near["rows"]["status"].unique().to_list() == ["scored"]
    assert far["rows"]["status"].to_list() == ["gene_not_in_window"] * 6
    assert far["rows"]["effect"].null_count() == 6
    assert far["gene"] is None


def test_a_region_on_no_gene_has_a_map_without_one(mapped):
    found = mapped(place=("chr1", 10, 14))
    assert found["gene"] is None
    assert np.isnan(found["coverage"]).all()
    assert found["rows"]["status"].unique().to_list() == ["no_gene_in_window"]


def test_a_region_at_the_end_of_its_contig(mapped):
    found = mapped(place=("chr1", 3998, 4003))
    assert found["rows"]["status"].unique().sort().to_list() == [
        "no_gene_in_window",
        "position_out_of_range",
    ]


@pytest.mark.parametrize("place", [("chr1", 5, 5), ("chr1", -1, 5)])
def test_an_empty_region_is_refused(mapped, place):
    with pytest.raises(InputError, match="expected 0 <= start < end"):
        mapped(place=place)


def test_an_unknown_contig_is_refused(mapped):
    with pytest.raises(InputError, match="chrX"):
        mapped(place=("chrX", 5, 10))
