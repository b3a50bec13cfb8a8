"""Write the page of a benchmark: our numbers beside the published ones."""

from seqcast.core.logs import reporting
from seqcast.evaluation.metrics.published import read_published
from seqcast.evaluation.reads import read_metrics as evaluation
from seqcast.report.pages.read_benchmark import benchmark_html
from seqcast.core.store import atomic

with reporting(snakemake.log[0]):
    files = snakemake.input
    page = benchmark_html(
        snakemake.wildcards.benchmark,
        snakemake.params.citation,
        evaluation.read_metrics(files.metrics),
        evaluation.read_times(files.times),
        read_published(files.published or None, evaluation.PUBLISHED),
    )
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
