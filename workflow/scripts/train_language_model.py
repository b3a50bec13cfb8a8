"""Train one fold of a language model of mRNA, or go on with a training that was interrupted."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.training.next_token import TextTrainingFiles, train_language_model
from seqcast.training.versions import made_of, train_once

with reporting(snakemake.log[0]):
    facts = {**snakemake.params.facts, "code": snakemake.params.code}
    train_once(
        train_language_model,
        snakemake.output.weights,
        snakemake.output.history,
        made_of(dict(snakemake.input.items()), facts=facts),
        files=named_files(TextTrainingFiles, snakemake.input),
        checkpoint=snakemake.params.checkpoint,
        facts=facts,
        device=snakemake.config["inference"]["device"],
        threads=snakemake.threads,
    )
