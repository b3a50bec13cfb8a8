"""Name the tracks that the scores of a model are given for."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import provenance
from seqcast.core.store import write_table
from seqcast.genome.tracks import Tracks

with reporting(snakemake.log[0]):
    tracks = Tracks.read(snakemake.input[0])
    write_table(tracks.table(), snakemake.output[0], provenance(file=snakemake.input[0]))
