"""docs/reference/statuses.md names the statuses and flags of the code, and no others."""

import re

import pytest

from seqcast.datasets.coverage import alignment_coverage as alignments
from seqcast.datasets.coverage import preflight
from seqcast.datasets.properties import labelled as data
from seqcast.datasets.variants import region_sets
from seqcast.evaluation.coverage import (
    coverage_accuracy,
    decay_fits,
    half_life_accuracy,
    panels,
    saluki,
)
from seqcast.evaluation.coverage import gene_accuracy as genes
from seqcast.evaluation.oligos import mpra
from seqcast.evaluation.planted import planted_decay
from seqcast.evaluation.planted import planted_variants as planted
from seqcast.evaluation.variants import half_life_effects
from seqcast.evaluation.variants.discrimination import LEFT_OUT
from seqcast.evaluation.variants.labelled_variants import UNSCORED, UNUSABLE
from seqcast.genome.variants import OUTCOMES, REASONS
from seqcast.predict.embeddings import embedding_outcomes
from seqcast.predict.maps import effect_maps
from seqcast.predict.nulls import percentiles
from seqcast.predict.oligos import placements
from seqcast.predict.properties import designs
from seqcast.reads import outcomes
from seqcast.transcripts import records
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/reference/statuses.md").read_text()
SECTIONS = dict(re.findall(r"^## ([^:\n]+)[^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
KNOWN = {
    "Variants": {
        *OUTCOMES, *REASONS, half_life_effects.NO_COURSE, decay_fits.NO_COVERAGE,
        decay_fits.RATE_AT_BOUND, decay_fits.AMPLITUDE_AT_BOUND, decay_fits.CONSTANT,
    },
    "Percentiles": {*percentiles.STATUSES},
    "Regions": {*region_sets.STATUSES},
    "Mutagenesis maps": {*effect_maps.STATUSES},
    "Benchmarks of variants": {*UNUSABLE, *UNSCORED, *LEFT_OUT},
    "Benchmarks of oligos": {"scored", *mpra.LEFT_OUT},
    "Oligos": {*placements.STATUSES},
    "Reads": {*outcomes.STATUSES, *outcomes.FLAGS},
    "Transcripts and mRNAs": {*records.STATUSES, *records.FLAGS},
    "Embeddings": {*embedding_outcomes.STATUSES, *embedding_outcomes.FLAGS},
    "Properties": {data.VALID, "unknown", *data.STATUSES},
    "Evaluation of coverage models": {
        coverage_accuracy.VALID, coverage_accuracy.CONSTANT, coverage_accuracy.OF_PLUS_TRACK,
        genes.OVERLAPS, genes.NO_BINS, genes.OUTSIDE, decay_fits.NO_COVERAGE,
        decay_fits.RATE_AT_BOUND, decay_fits.AMPLITUDE_AT_BOUND, half_life_accuracy.NO_GROUP,
        half_life_accuracy.ALONE, half_life_accuracy.CONSTANT_TARGETS, half_life_accuracy.CONSTANT_PREDICTIONS,
        saluki.NO_HALF_LIFE, saluki.NO_NUMBER, panels.NO_VALUE, panels.NOT_ALL,
    },
    "Training data of coverage models": {
        preflight.FINE, preflight.DOUBTFUL, preflight.REFUSED, *alignments.LEFT_OUT, "counted",
        "duplicate", "low_mapping_quality", "no_aligned_base", "contig_not_in_genome",
        "beyond_contig",
    },
    "Simulated ground truth": {*planted.STATUSES, *planted_decay.STATUSES},
}  # fmt: skip


@pytest.mark.parametrize("section", KNOWN)
def test_a_section_has_the_words_of_the_code(section):
    rows = [line.split("|") for line in SECTIONS[section].splitlines() if line.startswith("|")]
    column = [cell.strip() for cell in rows[0]].index("status")
    found = {name for row in rows for name in re.findall(r"`([a-z0-9_]+)`", row[column])}
    assert found == KNOWN[section]


def test_a_prediction_without_labels_has_a_word_of_its_own():
    assert f"`{designs.PREDICTED}`" in SECTIONS["Properties"]
