"""Score labelled reads with a gene finder."""

from seqcast.core.logs import reporting
from seqcast.evaluation.reads.comparators import score_dataset, write_evaluation

with reporting(snakemake.log[0]):
    scores = score_dataset(
        comparator=snakemake.wildcards.comparator,
        table=snakemake.input[0],
        genes=snakemake.output.genes,
        scores=snakemake.output.scores,
        threads=snakemake.threads,
        compat=snakemake.params.compat,
        facts={"code": snakemake.params.code},
    )
    names = snakemake.params.reference, snakemake.wildcards.dataset
    write_evaluation(scores, snakemake.output.evaluation, *names)
