"""Tell what scoring a set of variants takes, from samples that are scored with one fold."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.variants.score_shard import ShardFiles, write_plan

with reporting(snakemake.log[0]):
    write_plan(
        files=named_files(ShardFiles, snakemake.input, beside=("index",)),
        output=snakemake.output[0],
        architecture=snakemake.params.architecture,
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
        folds=int(snakemake.params.folds),
    )
