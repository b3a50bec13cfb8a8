"""Classify the reads of a dataset with all folds of a model."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.reads.classify_reads import classify_dataset
from seqcast.predict.reads.read_tables import ReadFiles

with reporting(snakemake.log[0]):
    classify_dataset(
        reads=named_files(
            ReadFiles, snakemake.input, beside=("weights", "hyperparameters")
        )._replace(interleaved=snakemake.params.interleaved),
        labelled=snakemake.params.labelled,
        weights=list(snakemake.input.weights),
        hyperparameters=snakemake.input.hyperparameters,
        path=snakemake.output[0],
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        options={**snakemake.params.options, "batch_nt": snakemake.config["reads"]["batch_nt"]},
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
    )
