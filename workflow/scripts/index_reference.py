"""Build bowtie2's index of a reference."""

from seqcast.logs import reporting
from seqcast.read_benchmark import INDEX_SUFFIXES
from seqcast.read_benchmark.mapping import index_reference

with reporting(snakemake.log[0]):
    prefix = snakemake.output[0].removesuffix(INDEX_SUFFIXES[0])
    index_reference(snakemake.input[0], prefix, snakemake.threads)
