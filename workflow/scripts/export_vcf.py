"""Annotate the input VCF with statuses and scores."""

from seqcast.core.logs import reporting
from seqcast.core.store import read_provenance, read_table
from seqcast.evaluation.variants.half_life_effects import further_columns
from seqcast.predict.variants.exports import annotate_vcf

with reporting(snakemake.log[0]):
    given, shown = snakemake.input, snakemake.params.report
    table = read_table(given.scores)
    further = further_columns(table, shown["score"], given.half_lives, given.percentiles)
    annotate_vcf(
        given.variants, table, read_table(given.tracks), snakemake.output[0], shown["score"],
        {"dataset": snakemake.wildcards.dataset, **read_provenance(given.scores)},
        shown["tracks"] or None, further,
    )  # fmt: skip
