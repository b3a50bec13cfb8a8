"""Compare the predictions of a model for a simulated genome with the planted truth."""

from seqcast.evaluation.planted.evaluate_planted import evaluate_planted_truth
from seqcast.core.logs import reporting

with reporting(snakemake.log[0]):
    asked = snakemake.params
    evaluate_planted_truth(
        files=snakemake.input,
        made=snakemake.output,
        held_out=asked.held_out,
        simulation=asked.simulation,
        options=asked.options,
        report=asked.report,
        facts={"model": snakemake.wildcards.model, "code": asked.code},
    )
