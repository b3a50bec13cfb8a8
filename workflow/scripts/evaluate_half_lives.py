"""Measure how well the change of genes over time courses is predicted."""

from seqcast.evaluation.coverage.gene_accuracy import evaluate_half_lives
from seqcast.core.logs import reporting

with reporting(snakemake.log[0]):
    evaluate_half_lives(snakemake.input, snakemake.output[0], snakemake.params.compat)
