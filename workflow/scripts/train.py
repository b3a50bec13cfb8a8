"""Train one fold of a model, or go on with a training that was interrupted."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.training.outputs import TrainingOutputs
from seqcast.training.tasks import train_fold

with reporting(snakemake.log[0]):
    params = snakemake.params
    outputs = {**snakemake.output, "checkpoint": params.checkpoint}
    train_fold(
        params.task,
        files=dict(snakemake.input.items()),
        outputs=named_files(TrainingOutputs, outputs),
        facts={**params.facts, "code": params.code},
        device=snakemake.config["inference"]["device"],
        threads=snakemake.threads,
        **params.options,
    )
