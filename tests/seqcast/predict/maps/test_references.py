"""Coverage around maps, of a model that counts bases."""

import numpy as np
import pytest

from seqcast.genome.annotation import Annotation, Gene
from seqcast.predict.maps.effect_maps import effect_maps
from seqcast.predict.maps.group_effects import group_effects
from seqcast.predict.maps.references import coverage_around
from seqcast.predict.variants.score_options import ScoreOptions
from tests.seqcast.predict.maps.toy_regions import regions, scores, snvs
from tests.seqcast.toy_models import BaseCounter

OPTIONS = ScoreOptions(reverse_complement=False)  # the model knows no strands
GENES = (
    Gene("G1", "one", "chr1", "-", ((1900, 2200),)),
    Gene("G2", "long", "chr1", "+", ((1000, 3900),)),
)


def bases(gene, start=2100):
    given = scores(snvs("ACGT", start, gene))
    effects = group_effects(given, "logSED", {"x": None})
    place = regions(("r", start, start + 4))
    return effect_maps(effects, place, Annotation(GENES))[0].bases()


def counted(genome, start, bins, base, size=32):
    text = genome.fetch("chr1", start, start + bins * size)
    return [text[i : i + size].count(base) for i in range(0, len(text), size)]


@pytest.mark.parametrize(
    ("pattern", "letters"), [("^RNA$", "C"), ("^(RNA|C)$", "CG"), (None, "CGT")]
)
def test_coverage_is_that_of_the_tracks_on_the_strand_of_the_gene(genome, tracks, pattern, letters):
    models = [BaseCounter(1024), BaseCounter(1024)]
    found = coverage_around(
        models, [bases(GENES[0])], [GENES[0]], genome, tracks, {"x": pattern}, OPTIONS
    )
    start, coverage = found["start"][0], found["coverage"][0]
    assert start == 2050 - 512 + models[0].crop_bins * 32
    expected = np.mean([counted(genome, start, len(coverage), base) for base in letters], axis=0)
    np.testing.assert_allclose(coverage, expected, rtol=1e-6)
    assert found["bin_size_bp"] == 32


def test_a_window_is_centred_on_the_region_where_the_gene_is_too_long(genome, tracks):
    model = BaseCounter(1024)
    found = coverage_around(
        [model], [bases(GENES[1])], [GENES[1]], genome, tracks, {"x": None}, OPTIONS
    )
    assert found["start"][0] == 2102 - 512 + model.crop_bins * 32


def test_a_map_without_a_gene_has_no_coverage(genome, tracks):
    both = [bases(None), bases(GENES[0])]
    found = coverage_around(
        [BaseCounter(1024)], both, [None, GENES[0]], genome, tracks, {"x": None}, OPTIONS
    )
    assert np.isnan(found["coverage"][0]).all()
    assert np.isfinite(found["coverage"][1]).all()
