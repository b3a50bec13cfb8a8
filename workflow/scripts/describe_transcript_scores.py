"""Say what the scores of variants in transcripts are numbers of, as the table of tracks does."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import provenance
from seqcast.core.store import write_table
from seqcast.predict.variants.ranking import MRNA_TRACKS

with reporting(snakemake.log[0]):
    write_table(MRNA_TRACKS, snakemake.output[0], provenance())
