"""Compare measured effects in a reporter assay with those that models predict."""

from seqcast.core.logs import reporting
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.oligos.evaluate_mpra import MpraFiles, MpraTables, evaluate_mpra
from seqcast.evaluation.variants.method_scores import tables_by_model

with reporting(snakemake.log[0]):
    given, options, folds = snakemake.input, snakemake.params.options, snakemake.params.folds
    evaluate_mpra(
        MpraFiles(
            given.measured, given.features, given.contexts, tables_by_model(given.scores, folds),
            dict(zip(folds, given.tracks, strict=True)), given.get("saluki"),
            given.get("published"),
            dict(zip(snakemake.params.half_lives, given.half_lives, strict=True)),
        ),
        MpraTables(snakemake.output.results, snakemake.output.variants),
        benchmark=snakemake.wildcards.benchmark,
        how=Resampling(options["resamples"], options["seed"]),
        score=options["score"],
        compat=options["compat"],
    )  # fmt: skip
