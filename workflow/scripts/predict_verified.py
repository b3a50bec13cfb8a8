"""Choose sequences, and predict them with a fold that is to be verified."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.verification.verify_weights import VerifiedFiles, write_job

with reporting(snakemake.log[0]):
    write_job(
        files=named_files(VerifiedFiles, snakemake.input, beside=("index",)),
        folder=snakemake.output[0],
        facts=snakemake.params.facts,
        head=snakemake.params.head or None,
        **snakemake.params.options,
        threads=snakemake.threads,
    )
