"""Compare the predictions of a model for a simulated genome with the planted truth."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.planted import evaluate_planted as planted

with reporting(snakemake.log[0]):
    asked = snakemake.params
    planted.evaluate_planted_truth(
        files=named_files(planted.PlantedFiles, snakemake.input, beside=("digests",)),
        made=named_files(planted.PlantedTables, snakemake.output),
        held_out=asked.held_out,
        simulation=asked.simulation,
        options=asked.options,
        report=asked.report,
        facts={"model": snakemake.wildcards.model, "code": asked.code},
    )
