"""Draw the predictions of a model for a simulated genome against the planted truth."""

import polars as pl

from seqcast.logs import reporting
from seqcast.planted_truth.bars import read_measures
from seqcast.planted_truth.page import is_untrained
from seqcast.plots.planted_truth import plot_planted_truth
from seqcast.plots.style import save
from seqcast.store import read_provenance, read_table

with reporting(snakemake.log[0]):
    given = snakemake.input
    tables = read_table(given.variants), read_table(given.genes)
    untrained = is_untrained(read_provenance(given.variants))
    figure = plot_planted_truth(
        *tables, read_measures(given.measures), snakemake.wildcards.model, untrained
    )
    save(figure, snakemake.output[0])
