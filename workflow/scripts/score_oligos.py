"""Score one shard of oligos in their contexts with one fold of a model."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.oligos.score_oligos import OligoFiles, score_oligo_shard

with reporting(snakemake.log[0]):
    score_oligo_shard(
        files=named_files(OligoFiles, snakemake.input, beside=("index",)),
        output=snakemake.output[0],
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
        shard=int(snakemake.wildcards.shard),
        shards=int(snakemake.params.shards),
    )
