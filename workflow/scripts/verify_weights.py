"""Compare what a fold and its original predict."""

from seqcast.core.logs import reporting
from seqcast.evaluation.verification.verdicts import write_verdict

with reporting(snakemake.log[0]):
    write_verdict(snakemake.input.job, snakemake.input.original, snakemake.output[0])
