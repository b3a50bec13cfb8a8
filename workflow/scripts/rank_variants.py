"""Rank variants by the size of their effect, as a table and as a page."""

import polars as pl

from seqcast.logs import reporting
from seqcast.ranking import rank_variants
from seqcast.store import atomic, read_provenance, read_table, write_table
from seqcast.summary import ranked_table_html

with reporting(snakemake.log[0]):
    scores, shown = snakemake.input.scores, snakemake.params.report
    tables = read_table(scores), read_table(snakemake.input.tracks)
    ranked = rank_variants(*tables, shown["score"], shown["tracks"] or None, top=None)
    write_table(ranked, snakemake.output.table, read_provenance(scores))
    page = ranked_table_html(ranked.head(snakemake.params.rows), shown["score"], shown["tracks"])
    with atomic(snakemake.output.page) as temporary:
        temporary.write_text(page, encoding="utf-8")
