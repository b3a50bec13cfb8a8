"""Predict measured half-lives of genes from the coverage that a model predicts for them."""

from seqcast.evaluation.coverage.gene_accuracy import predict_saluki
from seqcast.core.logs import reporting

with reporting(snakemake.log[0]):
    predict_saluki(
        files=snakemake.input,
        outputs=snakemake.output,
        folds=snakemake.params.folds,
        options=snakemake.params.options,
    )
