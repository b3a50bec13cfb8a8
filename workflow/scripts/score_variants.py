"""Score one shard of a set of variants with one fold of a model."""

from seqcast.logs import reporting
from seqcast.jobs.variant_effects import score_shard
from seqcast.store import write_table

with reporting(snakemake.log[0]):
    tables, facts = score_shard(
        files=snakemake.input,
        architecture=snakemake.params.facts["architecture"],
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
        shard=int(snakemake.wildcards.shard),
        shards=int(snakemake.params.shards),
    )
    facts |= {**snakemake.params.facts, "code": snakemake.params.code}
    write_table(tables.gene, snakemake.output.gene, facts)
    write_table(tables.window, snakemake.output.window, facts)
