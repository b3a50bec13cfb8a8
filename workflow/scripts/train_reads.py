"""Train one fold of a classifier of reads, or go on with a training that was interrupted."""

from seqcast.logs import reporting
from seqcast.jobs.train_reads import train_reads

with reporting(snakemake.log[0]):
    train_reads(
        files=snakemake.input,
        weights=snakemake.output.weights,
        history=snakemake.output.history,
        checkpoint=snakemake.params.checkpoint,
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        device=snakemake.config["inference"]["device"],
        threads=snakemake.threads,
    )
