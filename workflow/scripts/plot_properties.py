"""Draw what the methods make of a property."""

from seqcast.core.logs import reporting
from seqcast.core.store import read_table
from seqcast.datasets.properties.labelled import Property
from seqcast.evaluation.properties.evaluate_property import read_evaluation
from seqcast.report.figures.properties import plot_property
from seqcast.report.figures.style import save

with reporting(snakemake.log[0]):
    asked, files = snakemake.params, snakemake.input
    wanted = Property.from_row(*asked.definition)
    tables = {
        method: read_table(path)
        for method, path in zip(asked.methods, files.predictions, strict=True)
    }
    metrics = read_evaluation(files.metrics, wanted.labels)
    figure = plot_property(wanted.name, wanted.kind, wanted.labels, metrics, tables)
    save(figure, snakemake.output[0])
