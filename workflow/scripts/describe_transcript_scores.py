"""Say what the scores of variants in transcripts are numbers of, as the table of tracks does."""

from seqcast.logs import reporting
from seqcast.provenance import provenance
from seqcast.scoring.transcript_effects import TRACKS
from seqcast.store import write_table

with reporting(snakemake.log[0]):
    write_table(TRACKS, snakemake.output[0], provenance())
