"""Train one fold of a language model of mRNA, or go on with a training that was interrupted."""

from seqcast.logs import reporting
from seqcast.jobs.train_language_model import train_language_model

with reporting(snakemake.log[0]):
    train_language_model(
        files=snakemake.input,
        weights=snakemake.output.weights,
        history=snakemake.output.history,
        checkpoint=snakemake.params.checkpoint,
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        device=snakemake.config["inference"]["device"],
        threads=snakemake.threads,
    )
