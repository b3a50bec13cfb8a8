"""Fit decay rates to predicted and to measured coverage of genes over a time course."""

from seqcast.evaluation.coverage.gene_accuracy import fit_time_course
from seqcast.core.logs import reporting

with reporting(snakemake.log[0]):
    fit_time_course(
        files=snakemake.input,
        outputs=snakemake.output,
        pattern=snakemake.params.pattern,
        options=snakemake.params.options,
    )
