"""Write the synthetic genome with its annotation, coverage, variants and truth."""

from pathlib import Path

from seqcast.core.logs import reporting
from seqcast.simulate import simulate_genome, species_parameters

with reporting(snakemake.log[0]):
    options = dict(snakemake.params.simulation)
    seed = options.pop("seed")
    simulate_genome(
        species_parameters(options.pop("species"), **options),
        seed,
        Path(snakemake.output.genome).parent,
        measured=True,
    )
