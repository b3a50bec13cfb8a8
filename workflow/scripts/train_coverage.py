"""Train one fold of a coverage model, or go on with a training that was interrupted."""

from seqcast.jobs.train_coverage import train_coverage
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    train_coverage(
        files=snakemake.input,
        weights=snakemake.output.weights,
        history=snakemake.output.history,
        checkpoint=snakemake.params.checkpoint,
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        device=snakemake.config["inference"]["device"],
        threads=snakemake.threads,
        processes=snakemake.params.processes,
    )
