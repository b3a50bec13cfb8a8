"""Check, before a training, that the model's table of tracks is of what it will learn."""

from seqcast.core.logs import reporting
from seqcast.genome.tracks import check_tracks

with reporting(snakemake.log[0]):
    check_tracks(*snakemake.input.targets, snakemake.output[0])
