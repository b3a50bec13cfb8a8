"""Copy a file of variants to where Borzuki's notebooks read it, as plain text."""

from seqcast.core.logs import reporting
from seqcast.genome.vcf import write_plain_text

with reporting(snakemake.log[0]):
    write_plain_text(snakemake.input[0], snakemake.output[0])
