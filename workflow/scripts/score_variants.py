"""Score one shard of a set of variants with one fold of a model."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.variants.score_shard import ShardFiles, ShardTables, score_shard

with reporting(snakemake.log[0]):
    score_shard(
        files=named_files(ShardFiles, snakemake.input, beside=("index",)),
        outputs=named_files(ShardTables, snakemake.output),
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
        shard=int(snakemake.wildcards.shard),
        shards=int(snakemake.params.shards),
    )
