"""Write the page of a benchmark, our numbers next to the published ones, and its ROC curves."""

from seqcast.core.logs import reporting
from seqcast.core.store import atomic, read_table
from seqcast.evaluation.metrics.published import read_published
from seqcast.evaluation.reads import read_metrics
from seqcast.report.figures.roc import roc_curves, roc_size
from seqcast.report.figures.style import new_figure, save
from seqcast.report.pages.read_benchmark import benchmark_html

with reporting(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    metrics, times = read_metrics.read_metrics(given.metrics), read_metrics.read_times(given.times)
    published = read_published(given.published or None, read_metrics.PUBLISHED)
    name = snakemake.wildcards.benchmark
    with atomic(snakemake.output.page) as temporary:
        page = benchmark_html(name, params.citation, metrics, times, published)
        temporary.write_text(page, encoding="utf-8")
    figure = new_figure(*roc_size(metrics["reference"].n_unique()))
    save(roc_curves(figure, read_table(given.roc), metrics), snakemake.output.figure)
