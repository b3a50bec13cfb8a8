"""Rank variants by the size of their effect, as a table and as a page."""

from pathlib import Path

import polars as pl

from seqcast.logs import reporting
from seqcast.ranking import rank_variants
from seqcast.store import read_provenance, write_table
from seqcast.summary import ranked_table_html

with reporting(snakemake.log[0]):
    scores, shown = snakemake.input.scores, snakemake.params.report
    ranked = rank_variants(
        pl.read_parquet(scores),
        pl.read_parquet(snakemake.input.tracks),
        shown["score"],
        shown["tracks"] or None,
        top=None,
    )
    write_table(ranked, snakemake.output.table, read_provenance(scores))
    page = ranked_table_html(ranked.head(snakemake.params.rows), shown["score"], shown["tracks"])
    Path(snakemake.output.page).write_text(page)
