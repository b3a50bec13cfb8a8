"""Write predicted coverage as one bigWig a track, for genome browsers."""

from seqcast.core.logs import reporting
from seqcast.core.store import atomic
from seqcast.genome.fasta import Genome
from seqcast.predict.coverage.coverage_files import write_bigwigs

with reporting(snakemake.log[0]):
    with Genome(snakemake.input.genome) as genome, atomic(snakemake.output[0]) as folder:
        write_bigwigs(snakemake.input.coverage, genome.contigs, folder)
