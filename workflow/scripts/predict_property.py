"""Predict a property of mRNAs by all folds of a fine-tuned model."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.properties.fine_tuned import FineTunedFiles, predict_property

with reporting(snakemake.log[0]):
    predict_property(
        files=named_files(FineTunedFiles, snakemake.input),
        output=snakemake.output[0],
        definition=snakemake.params.definition,
        seed=snakemake.params.seed,
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
    )
