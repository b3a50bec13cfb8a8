"""Train one fold of a classifier of reads, or go on with a training that was interrupted."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.training.reads import ReadTrainingFiles, train_reads
from seqcast.training.versions import made_of, train_once

with reporting(snakemake.log[0]):
    facts = {**snakemake.params.facts, "code": snakemake.params.code}
    train_once(
        train_reads,
        snakemake.output.weights,
        snakemake.output.history,
        made_of(dict(snakemake.input.items()), facts=facts),
        files=named_files(ReadTrainingFiles, snakemake.input),
        checkpoint=snakemake.params.checkpoint,
        facts=facts,
        device=snakemake.config["inference"]["device"],
        threads=snakemake.threads,
    )
