"""Plot the probabilities of a set of reads."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import model_in_words
from seqcast.core.store import read_provenance, read_table
from seqcast.report.figures.reads import plot_probabilities
from seqcast.report.figures.style import save

with reporting(snakemake.log[0]):
    named = snakemake.wildcards
    model = model_in_words({"model": named.model, **read_provenance(snakemake.input[0])})
    table = read_table(snakemake.input[0], columns=["p_coding", "label", "status"])
    figure = plot_probabilities(table, model, named.dataset, snakemake.params.threshold)
    save(figure, snakemake.output[0])
