"""Read the genes of an assembly once, under the contig names of its genome."""

from seqcast.core.logs import reporting
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome

with reporting(snakemake.log[0]):
    with Genome(snakemake.input.genome[0], snakemake.input.get("aliases")) as genome:
        genes = read_annotation(snakemake.input.annotation, genome)
    genes.write(snakemake.output[0])
