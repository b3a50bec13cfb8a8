"""Draw what the methods make of a property."""

import polars as pl

from seqcast.logs import reporting
from seqcast.plots.properties import plot_property
from seqcast.plots.style import save
from seqcast.properties.data import Property
from seqcast.properties.evaluation import read_evaluation
from seqcast.store import read_table

with reporting(snakemake.log[0]):
    asked, files = snakemake.params, snakemake.input
    wanted = Property.from_row(*asked.definition)
    tables = {
        method: read_table(path)
        for method, path in zip(asked.methods, files.predictions, strict=True)
    }
    metrics = read_evaluation(files.metrics)
    figure = plot_property(wanted.name, wanted.kind, wanted.labels, metrics, tables)
    save(figure, snakemake.output[0])
