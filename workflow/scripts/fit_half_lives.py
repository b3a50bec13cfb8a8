"""Fit regressions from predicted coverage of genes to their measured half-lives."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.saluki import SalukiFiles
from seqcast.evaluation.oligos.evaluate_mpra import fit_half_lives

with reporting(snakemake.log[0]):
    fit_half_lives(
        files=named_files(SalukiFiles, snakemake.input),
        output=snakemake.output[0],
        folds=snakemake.params.folds,
        options=snakemake.params.options,
    )
