"""Draw the accuracy of all models that were tested on a coverage set, side by side."""

import polars as pl

from seqcast.logs import reporting
from seqcast.plots.accuracy import plot_accuracy_boxes
from seqcast.plots.accuracy_tables import accuracy_boxes
from seqcast.plots.style import save

with reporting(snakemake.log[0]):
    tables = {
        name: pl.read_csv(path, separator="\t", schema_overrides={"description": pl.String})
        for name, path in zip(snakemake.params.names, snakemake.input, strict=True)
    }
    for what, (column, metric) in {
        "bins": ("pearsonr", "Pearson's r over bins"),
        "genes": ("gene_pearsonr", "Pearson's r over genes, log2(1 + coverage)"),
    }.items():
        figure = plot_accuracy_boxes(accuracy_boxes(tables, column), metric)
        save(figure, snakemake.output[what])
