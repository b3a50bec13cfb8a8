"""Block-compress and index the genome of an assembly."""

from seqcast.core.logs import reporting
from seqcast.genome.bgzip import index_fasta, recompress_bgzip

with reporting(snakemake.log[0]):
    recompress_bgzip(snakemake.input[0], snakemake.output[0])
    index_fasta(snakemake.output[0])
