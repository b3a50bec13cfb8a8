"""Draw the predictions of a model for a simulated genome against the planted truth."""

import polars as pl

from seqcast.core.logs import reporting
from seqcast.evaluation.planted.measures import read_measures
from seqcast.report.pages.planted_truth import is_untrained
from seqcast.report.figures.planted_truth import plot_planted_truth
from seqcast.report.figures.style import save
from seqcast.core.provenance import model_in_words
from seqcast.core.store import read_provenance, read_table

with reporting(snakemake.log[0]):
    given = snakemake.input
    tables = read_table(given.variants), read_table(given.genes)
    facts = read_provenance(given.variants)
    title = f"{model_in_words(facts)}; {', '.join(facts['held_out'])}"
    found = read_measures(given.measures)
    figure = plot_planted_truth(*tables, found, title, is_untrained(facts))
    save(figure, snakemake.output[0])
