"""Copy the tracks of a model to where Borzuki's notebooks read them."""

from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.notebook_tables import select_targets

with reporting(snakemake.log[0]):
    select_targets(snakemake.input.targets, snakemake.output[0], snakemake.params.tracks_like)
