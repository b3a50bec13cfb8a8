"""Draw the accuracy of all models that were tested on a training dataset, side by side."""

import polars as pl

from seqcast.core.logs import reporting
from seqcast.report.figures.accuracy import plot_accuracy_boxes
from seqcast.report.figures.accuracy_tables import accuracy_boxes, gene_boxes
from seqcast.report.figures.style import head, save

with reporting(snakemake.log[0]):
    tables = {
        name: pl.read_csv(path, separator="\t", schema_overrides={"description": pl.String})
        for name, path in zip(snakemake.params.names, snakemake.input, strict=True)
    }
    bins = {"Pearson's r over bins": accuracy_boxes(tables, "pearsonr")}
    drawn = (bins, snakemake.output.bins), (gene_boxes(tables), snakemake.output.genes)
    for panels, path in drawn:
        named = snakemake.wildcards.coverage_set
        save(head(plot_accuracy_boxes(panels), named, "test windows of each fold"), path)
