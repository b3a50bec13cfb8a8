"""Download the genomes of a shard, and index their coding and non-coding regions."""

from seqcast.core.logs import reporting
from seqcast.datasets.reads.assemblies import read_assemblies, shard_of
from seqcast.datasets.reads.assembly_index import ShardFiles, index_assemblies

with reporting(snakemake.log[0]):
    assemblies = read_assemblies(snakemake.input.assemblies)
    index_assemblies(
        shard_of(assemblies, int(snakemake.wildcards.shard), snakemake.params.shards),
        ShardFiles(*snakemake.output),
        snakemake.params.downloads,
        snakemake.params.min_length_nt,
        snakemake.params.compat,
        snakemake.params.max_failed_share,
        facts={"collection": snakemake.wildcards.collection, "code": snakemake.params.code},
    )
