"""Score tables in the formats of other programs; the parquet remains the record of a run."""

from seqcast.exports.hdf5 import write_scores_h5, write_sed_h5
from seqcast.exports.summary import score_names, write_tsv
from seqcast.exports.vcf import annotate_vcf

__all__ = [
    "annotate_vcf",
    "score_names",
    "write_scores_h5",
    "write_sed_h5",
    "write_tsv",
]
