"""Measure coverage models on a benchmark, next to the published numbers."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.coverage_benchmark import (
    CoverageBenchmarkFiles,
    evaluate_coverage_benchmark,
)

with reporting(snakemake.log[0]):
    evaluate_coverage_benchmark(
        given=snakemake.input,
        outputs=named_files(CoverageBenchmarkFiles, snakemake.output),
        benchmark=snakemake.wildcards.benchmark,
        protocol=snakemake.params.protocol,
        folds=snakemake.params.folds,
        origins=snakemake.params.origins,
        options=snakemake.params.options,
        published=snakemake.input.published or None,
    )
