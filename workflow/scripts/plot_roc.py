"""Draw the ROC curves of a benchmark."""

import polars as pl

from seqcast.core.logs import reporting
from seqcast.report.figures.roc import roc_curves, roc_size
from seqcast.report.figures.style import new_figure, save
from seqcast.evaluation.reads.read_metrics import read_metrics
from seqcast.core.store import read_table

with reporting(snakemake.log[0]):
    metrics, curves = read_metrics(snakemake.input.metrics), read_table(snakemake.input.roc)
    figure = new_figure(*roc_size(metrics["reference"].n_unique()))
    save(roc_curves(figure, curves, metrics), snakemake.output[0])
