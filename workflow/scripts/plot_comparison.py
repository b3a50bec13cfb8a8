"""Draw sizes of effects in models of coverage against those in models of mRNAs."""

from seqcast.evaluation.variants.agreement import Measure
from seqcast.report.pages.comparison import models_in_words, untrained_models
from seqcast.core.logs import reporting
from seqcast.report.figures.comparison import plot_comparison
from seqcast.report.figures.style import head, save
from seqcast.core.store import read_provenance, read_table

with reporting(snakemake.log[0]):
    facts, table = read_provenance(snakemake.input[0]), read_table(snakemake.input[0])
    measured = [Measure(**fields) for fields in facts["measures"]]
    models = facts["models"]
    figure = plot_comparison(table, measured, untrained_models(models))
    head(figure, snakemake.wildcards.dataset, *models_in_words(measured, models))
    save(figure, snakemake.output[0])
