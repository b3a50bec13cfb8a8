"""Python API: score variants, predict coverage, embed mRNAs and classify reads from paths.

Each takes files where the functions behind it take objects; those are `inference.predict_coverage`
and `variant_effects.score_variants`.
"""

from seqcast.api.maps import RegionMap, map_effects, plot_map
from seqcast.api.sequences import classify_reads, embed_sequences, predict_property
from seqcast.api.variants import VariantScores, plot_variant, predict_coverage, score_variants
from seqcast.models.interface import load_model
from seqcast.models.shipped import load_shipped

__all__ = [
    "RegionMap", "VariantScores", "classify_reads", "embed_sequences", "load_model", "load_shipped",
    "map_effects", "plot_map", "plot_variant", "predict_coverage", "predict_property",
    "score_variants",
]  # fmt: skip
