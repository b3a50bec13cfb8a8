"""Draw the predictions of a model for a simulated genome against the planted truth."""

import polars as pl

from seqcast.logs import reporting
from seqcast.planted_truth.bars import read_measures
from seqcast.planted_truth.page import is_untrained
from seqcast.plots.planted_truth import plot_planted_truth
from seqcast.plots.style import save
from seqcast.provenance import model_in_words
from seqcast.store import read_provenance, read_table

with reporting(snakemake.log[0]):
    given = snakemake.input
    tables = read_table(given.variants), read_table(given.genes)
    facts = read_provenance(given.variants)
    title = f"{model_in_words(facts)}; {', '.join(facts['held_out'])}"
    found = read_measures(given.measures)
    figure = plot_planted_truth(*tables, found, title, is_untrained(facts))
    save(figure, snakemake.output[0])
