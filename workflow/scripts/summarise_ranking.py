"""Write the page of the strongest variants of a set."""

from seqcast.logs import reporting
from seqcast.store import atomic, read_table
from seqcast.summary import ranked_table_html

with reporting(snakemake.log[0]):
    shown = snakemake.params.report
    ranked = read_table(snakemake.input[0]).head(snakemake.params.rows)
    page = ranked_table_html(ranked, shown["score"], shown["tracks"])
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
