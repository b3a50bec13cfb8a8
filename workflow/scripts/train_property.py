"""Fine-tune one fold of a model on a property, or go on with a training that was interrupted."""

from seqcast.logs import reporting
from seqcast.jobs.train_property import train_property

with reporting(snakemake.log[0]):
    train_property(
        files=snakemake.input,
        weights=snakemake.output.weights,
        history=snakemake.output.history,
        checkpoint=snakemake.params.checkpoint,
        definition=snakemake.params.definition,
        seed=snakemake.params.seed,
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        device=snakemake.config["inference"]["device"],
        threads=snakemake.threads,
    )
