"""Measure models and baselines on a benchmark of variants, next to the published numbers."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.variants.evaluate_variants import (
    VariantFiles,
    VariantTables,
    evaluate_variants,
)

with reporting(snakemake.log[0]):
    asked, given = snakemake.params, snakemake.input
    evaluate_variants(
        VariantFiles.of(folds=asked.folds, **dict(given.items())),
        named_files(VariantTables, snakemake.output),
        asked.definition,
        asked.options["report"],
        Resampling(asked.options["resamples"], asked.options["seed"]),
        asked.options["compat"],
    )
