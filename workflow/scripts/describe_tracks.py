"""Name the tracks that the scores of a model are given for."""

from seqcast.core.logs import reporting
from seqcast.predict.variants.ranking import write_track_table

with reporting(snakemake.log[0]):
    write_track_table(snakemake.output[0], *snakemake.input)
