"""Predict measured half-lives of genes from the coverage that a model predicts for them."""

from seqcast.jobs.gene_accuracy import predict_saluki
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    predict_saluki(
        files=snakemake.input,
        outputs=snakemake.output,
        folds=snakemake.params.folds,
        options=snakemake.params.options,
    )
