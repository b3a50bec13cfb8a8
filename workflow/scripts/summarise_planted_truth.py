"""Write the page and the figure of a model against planted truth."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import is_untrained, model_in_words
from seqcast.core.store import atomic, read_provenance, read_table
from seqcast.evaluation.planted.measures import read_measures
from seqcast.report.figures.planted_truth import plot_planted_truth
from seqcast.report.figures.style import save
from seqcast.report.pages.planted_truth import planted_truth_html

with reporting(snakemake.log[0]):
    given = snakemake.input
    measures, facts = read_measures(given.measures), read_provenance(given.variants)
    tables = read_table(given.variants), read_table(given.genes)
    with atomic(snakemake.output.page) as temporary:
        told = facts, snakemake.params.descriptions
        page = planted_truth_html(snakemake.wildcards.model, measures, *tables, *told)
        temporary.write_text(page, encoding="utf-8")
    title = f"{model_in_words(facts)}; {', '.join(facts['held_out'])}"
    bases = read_table(given.bases)
    figure = plot_planted_truth(*tables, measures, title, is_untrained(facts), bases)
    save(figure, snakemake.output.figure)
