"""Fit decay rates to predicted and to measured coverage of genes over a time course."""

from seqcast.jobs.gene_accuracy import fit_time_course
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    fit_time_course(
        files=snakemake.input,
        outputs=snakemake.output,
        pattern=snakemake.params.pattern,
        options=snakemake.params.options,
    )
