"""Fit decay rates to predicted and to measured coverage of genes over a time course."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.time_course import CourseFiles, DecayFiles, fit_time_course

with reporting(snakemake.log[0]):
    fit_time_course(
        files=named_files(CourseFiles, snakemake.input),
        outputs=named_files(DecayFiles, snakemake.output),
        pattern=snakemake.params.pattern,
        options=snakemake.params.options,
    )
