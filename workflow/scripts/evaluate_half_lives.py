"""Measure how well the change of genes over time courses is predicted."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.half_life_accuracy import GroupFiles, evaluate_half_lives

with reporting(snakemake.log[0]):
    evaluate_half_lives(
        files=named_files(GroupFiles, snakemake.input),
        output=snakemake.output[0],
        compat=snakemake.params.compat,
    )
