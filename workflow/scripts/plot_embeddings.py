"""Plot the features of a set of sequences, and their lengths."""

from seqcast.core.logs import reporting
from seqcast.core.store import read_provenance, read_table
from seqcast.report.figures.embeddings import plot_embeddings
from seqcast.report.figures.style import save

with reporting(snakemake.log[0]):
    origin = read_provenance(snakemake.input[0])["origin"]
    model = f"{snakemake.wildcards.model} fold {snakemake.params.fold}"
    table = read_table(snakemake.input[0])
    figure = plot_embeddings(table, model, snakemake.wildcards.dataset, origin)
    save(figure, snakemake.output[0])
