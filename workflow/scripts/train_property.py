"""Fine-tune one fold of a model on a property, or go on with a training that was interrupted."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.training.properties import PropertyTrainingFiles, train_property
from seqcast.training.versions import made_of, train_once

with reporting(snakemake.log[0]):
    facts = {**snakemake.params.facts, "code": snakemake.params.code}
    told = {"definition": snakemake.params.definition, "seed": snakemake.params.seed}
    train_once(
        train_property,
        snakemake.output.weights,
        snakemake.output.history,
        made_of(dict(snakemake.input.items()), facts=facts, **told),
        files=named_files(PropertyTrainingFiles, snakemake.input),
        checkpoint=snakemake.params.checkpoint,
        facts=facts,
        device=snakemake.config["inference"]["device"],
        threads=snakemake.threads,
        **told,
    )
