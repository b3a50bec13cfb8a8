"""Write predicted coverage as one bigWig a track, for genome browsers."""

from seqcast.coverage_files import write_bigwigs
from seqcast.genome import Genome
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    with Genome(snakemake.input.genome) as genome:
        write_bigwigs(snakemake.input.coverage, genome.contigs, snakemake.output[0])
