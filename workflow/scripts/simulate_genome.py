"""Write the synthetic genome of the demo with its annotation, variants and truth."""

from pathlib import Path

from seqcast.logs import reporting
from seqcast.simulate import Parameters, simulate_genome

with reporting(snakemake.log[0]):
    simulate_genome(Parameters(), snakemake.params.seed, Path(snakemake.output.genome).parent)
