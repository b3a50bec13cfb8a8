"""Compute first-order effects of one shard of a dataset with all folds of a model."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.attributions.attribution_files import AttributedFiles, approximate_shard

with reporting(snakemake.log[0]):
    approximate_shard(
        files=named_files(AttributedFiles, snakemake.input, beside=("index",)),
        output=snakemake.output[0],
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
        shard=int(snakemake.wildcards.shard),
        shards=int(snakemake.params.shards),
    )
