"""Draw predicted against measured decay rates of genes, and how well they are calibrated."""

import polars as pl

from seqcast.core.logs import reporting
from seqcast.report.figures.accuracy import plot_predicted_measured
from seqcast.report.figures.accuracy_tables import decay_panels
from seqcast.report.figures.style import head, save

with reporting(snakemake.log[0]):
    table = pl.read_csv(snakemake.input[0], separator="\t")
    figure = plot_predicted_measured(decay_panels(table), "log2 decay rate (1/h)", True)
    named = snakemake.wildcards
    head(figure, named.coverage_set, f"{named.model}, fold {named.fold}", "test windows")
    save(figure, snakemake.output[0])
