"""Annotate the input VCF with statuses and scores."""

from seqcast.core.logs import reporting
from seqcast.core.store import read_provenance, read_table
from seqcast.evaluation.variants.half_life_effects import mean_changes
from seqcast.predict.nulls.percentiles import read_percentiles, reported
from seqcast.predict.variants.exports import annotate_vcf

with reporting(snakemake.log[0]):
    scores, shown = snakemake.input.scores, snakemake.params.report
    table = read_table(scores)
    further = table.select()
    if among := snakemake.input.get("percentiles"):
        further = reported(read_percentiles(among, table), shown["score"])
    if lives := snakemake.input.half_lives:
        further = mean_changes(lives, table).with_columns(further.get_columns())
    annotate_vcf(
        snakemake.input.variants, table, read_table(snakemake.input.tracks), snakemake.output[0],
        shown["score"], {"dataset": snakemake.wildcards.dataset, **read_provenance(scores)},
        shown["tracks"] or None, further,
    )  # fmt: skip
