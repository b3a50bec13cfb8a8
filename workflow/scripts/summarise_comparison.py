"""Write the page and the figure that set models of coverage and of mRNAs next to each other."""

from seqcast.core.logs import reporting
from seqcast.core.store import atomic
from seqcast.evaluation.variants.agreement import read_comparison
from seqcast.evaluation.variants.known_effects import read_truth
from seqcast.report.figures.comparison import plot_comparison
from seqcast.report.figures.style import head, save
from seqcast.report.pages import comparison as page

with reporting(snakemake.log[0]):
    given, dataset = snakemake.input, snakemake.wildcards.dataset
    found, models = read_comparison(given.table, given.correlations)
    truth = read_truth(given.file, found.table, found.measures)
    with atomic(snakemake.output.page) as temporary:
        html = page.comparison_html(dataset, found, models, truth, snakemake.params.descriptions)
        temporary.write_text(html, encoding="utf-8")
    figure = plot_comparison(found.table, found.measures, page.untrained_models(models))
    head(figure, dataset, *page.models_in_words(found.measures, models))
    save(figure, snakemake.output.figure)
