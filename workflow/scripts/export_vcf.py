"""Annotate the input VCF with statuses and scores."""

from seqcast.core.logs import reporting
from seqcast.core.store import read_provenance, read_table
from seqcast.predict.variants.exports import annotate_vcf

with reporting(snakemake.log[0]):
    scores, shown = snakemake.input.scores, snakemake.params.report
    annotate_vcf(
        snakemake.input.variants,
        read_table(scores),
        read_table(snakemake.input.tracks),
        snakemake.output[0],
        shown["score"],
        {"dataset": snakemake.wildcards.dataset, **read_provenance(scores)},
        shown["tracks"] or None,
    )
