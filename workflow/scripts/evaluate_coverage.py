"""Test one fold of a coverage model on the windows of a training dataset that it never saw."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.coverage_accuracy import (
    AccuracyFiles,
    EvaluationFiles,
    evaluate_coverage,
)

with reporting(snakemake.log[0]):
    evaluate_coverage(
        files=named_files(EvaluationFiles, snakemake.input, beside=("digest", "digests")),
        outputs=named_files(AccuracyFiles, snakemake.output),
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
    )
