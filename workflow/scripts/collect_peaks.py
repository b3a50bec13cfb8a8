"""Collect the coverage that a fold predicts at peaks of CLIP and at other exonic bins."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.coverage_accuracy import EvaluationFiles
from seqcast.evaluation.coverage.peak_coverage import collect_peaks

with reporting(snakemake.log[0]):
    collect_peaks(
        files=named_files(EvaluationFiles, snakemake.input, beside=("digest", "digests", "peaks")),
        peaks=snakemake.input.peaks,
        output=snakemake.output[0],
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
    )
