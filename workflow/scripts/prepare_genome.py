"""Block-compress and index the genome of an assembly."""

from seqcast.core.logs import reporting
from seqcast.genome.bgzip import index_fasta
from seqcast.genome.genbank import compress_genome

with reporting(snakemake.log[0]):
    compress_genome(snakemake.input[0], snakemake.output[0])
    index_fasta(snakemake.output[0])
