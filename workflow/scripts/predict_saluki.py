"""Predict measured half-lives of genes from the coverage that a model predicts for them."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.saluki import HalfLifeFiles, SalukiFiles, predict_saluki

with reporting(snakemake.log[0]):
    predict_saluki(
        files=named_files(SalukiFiles, snakemake.input),
        outputs=named_files(HalfLifeFiles, snakemake.output),
        folds=snakemake.params.folds,
        options=snakemake.params.options,
    )
