"""Score tables in the formats of other programs; the parquet remains the record of a run."""

from seqcast.predict.variants.exports.annotated_vcf import annotate_vcf
from seqcast.predict.variants.exports.hdf5 import (
    write_notebook_scores,
    write_oligos_h5,
    write_scores_h5,
    write_sed_h5,
)
from seqcast.predict.variants.exports.precomputed import (
    Precomputed,
    PrecomputedFiles,
    write_precomputed,
)
from seqcast.predict.variants.exports.score_summary import score_names, write_tsv

__all__ = [
    "Precomputed",
    "PrecomputedFiles",
    "annotate_vcf",
    "score_names",
    "write_notebook_scores",
    "write_oligos_h5",
    "write_precomputed",
    "write_scores_h5",
    "write_sed_h5",
    "write_tsv",
]
