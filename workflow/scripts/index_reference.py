"""Build bowtie2's index of a reference."""

from seqcast.core.logs import reporting
from seqcast.evaluation.reads import INDEX_SUFFIXES
from seqcast.evaluation.reads.mapping import index_reference

with reporting(snakemake.log[0]):
    prefix = snakemake.output[0].removesuffix(INDEX_SUFFIXES[0])
    index_reference(snakemake.input[0], prefix, snakemake.threads)
