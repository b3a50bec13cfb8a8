"""Measure all methods on a property, beside the published numbers."""

from seqcast.evaluation.properties.evaluate_property import evaluate_property
from seqcast.core.logs import reporting

with reporting(snakemake.log[0]):
    evaluate_property(
        files=snakemake.input,
        metrics=snakemake.output.metrics,
        parts=snakemake.output.parts,
        methods=snakemake.params.methods,
        definition=snakemake.params.definition,
        seed=snakemake.params.options["seed"],
        resamples=snakemake.params.options["resamples"],
    )
