"""Annotate the input VCF with statuses and scores."""

from seqcast.core.logs import reporting
from seqcast.core.store import read_provenance, read_table
from seqcast.evaluation.variants.half_life_effects import mean_changes
from seqcast.predict.nulls.percentiles import read_percentiles, reported
from seqcast.predict.variants.exports import annotate_vcf

with reporting(snakemake.log[0]):
    scores, shown = snakemake.input.scores, snakemake.params.report
    table, among = read_table(scores), snakemake.input.get("percentiles")
    lives = snakemake.input.half_lives
    further = mean_changes(lives, table) if lives else table.select()
    if among:
        further = further.hstack(reported(read_percentiles(among, table), shown["score"]))
    annotate_vcf(
        snakemake.input.variants,
        table,
        read_table(snakemake.input.tracks),
        snakemake.output[0],
        shown["score"],
        {"dataset": snakemake.wildcards.dataset, **read_provenance(scores)},
        shown["tracks"] or None,
        further,
    )
