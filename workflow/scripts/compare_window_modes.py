"""Compare scores of some variants with those in windows of the other mode, of one fold."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.variants.window_modes import measure_window_modes
from seqcast.predict.variants.score_shard import ShardFiles

with reporting(snakemake.log[0]):
    measure_window_modes(
        files=named_files(ShardFiles, snakemake.input, beside=("index", "scores")),
        scores=snakemake.input.scores,
        output=snakemake.output[0],
        architecture=snakemake.params.architecture,
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
        variants=int(snakemake.params.compared),
        tracks_like=snakemake.params.report["tracks"] or None,
        model=snakemake.wildcards.model,
        dataset=snakemake.wildcards.dataset,
    )
