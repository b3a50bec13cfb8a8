"""Measure models and gene finders on labelled reads, beside the published numbers."""

from seqcast.logs import reporting
from seqcast.read_benchmark import evaluation
from seqcast.read_benchmark.report import benchmark_html
from seqcast.store import atomic, write_table, write_tsv

with reporting(snakemake.log[0]):
    asked, files = snakemake.params, snakemake.input
    sets = evaluation.gather_sets(
        asked.datasets, asked.references, asked.tools, files.tables, files.scores
    )
    published = evaluation.read_published(files.published or None)
    metrics, roc = evaluation.evaluate(sets, published, asked.protocol, asked.resamples)
    times = evaluation.timings(sets, published)
    write_tsv(metrics, snakemake.output.metrics)
    write_tsv(times, snakemake.output.times)
    write_table(roc, snakemake.output.roc, {"code": asked.code})
    names = snakemake.wildcards.benchmark, asked.citation
    with atomic(snakemake.output.page) as temporary:
        page = benchmark_html(*names, metrics, times, published)
        temporary.write_text(page, encoding="utf-8")
