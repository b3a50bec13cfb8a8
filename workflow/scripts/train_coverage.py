"""Train one fold of a coverage model, or go on with a training that was interrupted."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.training.train_coverage import CoverageTrainingFiles, train_coverage
from seqcast.training.versions import made_of, train_once

with reporting(snakemake.log[0]):
    facts = {**snakemake.params.facts, "code": snakemake.params.code}
    train_once(
        train_coverage,
        snakemake.output.weights,
        snakemake.output.history,
        made_of(dict(snakemake.input.items()), facts=facts, processes=snakemake.params.processes),
        files=named_files(CoverageTrainingFiles, snakemake.input),
        checkpoint=snakemake.params.checkpoint,
        facts=facts,
        device=snakemake.config["inference"]["device"],
        threads=snakemake.threads,
        processes=snakemake.params.processes,
    )
