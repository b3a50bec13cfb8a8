"""Write the page and the figures that set models of coverage and of mRNAs next to each other."""

from seqcast.core.logs import reporting
from seqcast.core.store import atomic
from seqcast.evaluation.variants import agreement, cross_model, joined_scores, known_effects
from seqcast.report.figures.comparison import plot_comparison
from seqcast.report.figures.disagreement import plot_disagreement
from seqcast.report.figures.style import head, save
from seqcast.report.pages import comparison as page

with reporting(snakemake.log[0]):
    given, asked, made = snakemake.input, snakemake.params, snakemake.output
    found, models = agreement.read_comparison(given.table, given.correlations)
    truth = known_effects.read_truth(given.file, found.table, found.measures)
    across = cross_model.read_across(given.across, given.numbers)
    told, named = (found, models, truth, asked.descriptions, across), snakemake.wildcards.dataset
    with atomic(made.page) as temporary:
        temporary.write_text(page.comparison_html(named, *told), encoding="utf-8")
    untrained = page.untrained_models(models)
    coverage, _ = joined_scores.read_scored(asked.coverage, given.coverage, given.tracks)
    shown = across.table, found.measures, coverage, asked.report["score"], untrained
    save(head(plot_disagreement(*shown), named), made.differing)
    figure = plot_comparison(found.table, found.measures, untrained)
    save(head(figure, named, *page.models_in_words(found.measures, models)), made.figure)
