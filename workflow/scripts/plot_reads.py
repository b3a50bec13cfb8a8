"""Plot the probabilities of a set of reads."""

import polars as pl

from seqcast.logs import reporting
from seqcast.plots.reads import plot_probabilities
from seqcast.plots.style import save
from seqcast.store import read_table

with reporting(snakemake.log[0]):
    names = snakemake.wildcards.model, snakemake.wildcards.dataset
    table = read_table(snakemake.input[0], columns=["p_coding", "label", "status"])
    save(plot_probabilities(table, *names, snakemake.params.threshold), snakemake.output[0])
