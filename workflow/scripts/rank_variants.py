"""Rank the variants of a set by the size of one score."""

from seqcast.logs import reporting
from seqcast.ranking import rank_variants
from seqcast.store import read_provenance, read_table, write_table

with reporting(snakemake.log[0]):
    scores, shown = snakemake.input.scores, snakemake.params.report
    tables = read_table(scores), read_table(snakemake.input.tracks)
    ranked = rank_variants(*tables, shown["score"], shown["tracks"] or None, top=None)
    write_table(ranked, snakemake.output[0], read_provenance(scores))
