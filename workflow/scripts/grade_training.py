"""Say in words what a trained fold is worth."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.training_verdicts import GradedFiles, write_verdict

with reporting(snakemake.log[0]):
    named = snakemake.wildcards
    files = named_files(GradedFiles, snakemake.input)
    write_verdict(files, named.model, named.fold, snakemake.output[0])
