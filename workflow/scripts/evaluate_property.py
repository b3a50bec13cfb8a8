"""Measure all methods on a property, next to the published numbers."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.properties.evaluate_property import PredictedFiles, evaluate_property

with reporting(snakemake.log[0]):
    evaluate_property(
        files=named_files(PredictedFiles, snakemake.input),
        metrics=snakemake.output.metrics,
        parts=snakemake.output.parts,
        methods=snakemake.params.methods,
        definition=snakemake.params.definition,
        seed=snakemake.params.options["seed"],
        resamples=snakemake.params.options["resamples"],
    )
