"""Draw the losses, validation values and learning rate of a training."""

import polars as pl

from seqcast.core.logs import reporting
from seqcast.report.figures.learning_curve import learning_curve, size_in
from seqcast.report.figures.style import head, new_figure, save

with reporting(snakemake.log[0]):
    history = pl.read_csv(snakemake.input[0], separator="\t")
    figure = learning_curve(new_figure(*size_in(history)), history)
    head(figure, f"{snakemake.wildcards.model}, fold {snakemake.wildcards.fold}")
    save(figure, snakemake.output[0])
