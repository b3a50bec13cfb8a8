"""Copy a file of the user to where Borzuki's notebooks read it, as plain text."""

from seqcast.core.logs import reporting
from seqcast.core.store import copy_text

with reporting(snakemake.log[0]):
    copy_text(snakemake.input[0], snakemake.output[0], "a VCF or a table of contexts, as text")
