"""Write the page of a benchmark, our numbers next to the published ones, and its ROC curves."""

from seqcast.core.logs import reporting
from seqcast.core.store import atomic, read_table
from seqcast.evaluation.metrics.published import ours
from seqcast.evaluation.reads import read_metrics
from seqcast.report.figures.roc import roc_curves, roc_size
from seqcast.report.figures.style import new_figure, save
from seqcast.report.pages.read_benchmark import benchmark_html

with reporting(snakemake.log[0]):
    given, asked, name = snakemake.input, snakemake.params, snakemake.wildcards.benchmark
    metrics, times = read_metrics.read_metrics(given.metrics), read_metrics.read_times(given.times)
    with atomic(snakemake.output.page) as temporary:
        page = benchmark_html(name, asked.about, metrics, times, asked.descriptions)
        temporary.write_text(page, encoding="utf-8")
    measured = ours(metrics)
    figure = new_figure(*roc_size(measured["part"].n_unique()))
    save(roc_curves(figure, read_table(given.roc), measured), snakemake.output.figure)
