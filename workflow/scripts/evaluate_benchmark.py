"""Measure models and gene finders on labelled reads, next to the published numbers."""

from seqcast.core.logs import reporting
from seqcast.core.store import write_table, write_tsv
from seqcast.evaluation.metrics.published import read_published
from seqcast.evaluation.reads import read_metrics

with reporting(snakemake.log[0]):
    asked, files = snakemake.params, snakemake.input
    sets = read_metrics.gather_sets(
        asked.datasets, asked.references, asked.tools, files.tables, files.scores
    )
    name = snakemake.wildcards.benchmark
    published = read_published(files.published or None, name)
    metrics, roc = read_metrics.evaluate(sets, published, name, asked.resamples)
    write_tsv(metrics, snakemake.output.metrics)
    write_tsv(read_metrics.timings(sets, published), snakemake.output.times)
    write_table(roc, snakemake.output.roc, {"code": asked.code})
