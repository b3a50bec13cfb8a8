"""Score one shard of a set of variants with one fold of a model."""

from seqcast.core.logs import reporting
from seqcast.predict.variants.score_shard import score_shard

with reporting(snakemake.log[0]):
    score_shard(
        files=dict(snakemake.input.items()),
        outputs=dict(snakemake.output.items()),
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
        shard=int(snakemake.wildcards.shard),
        shards=int(snakemake.params.shards),
    )
