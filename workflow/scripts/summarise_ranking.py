"""Write the page of the strongest variants of a set."""

from seqcast.core.logs import reporting
from seqcast.core.store import atomic, read_provenance, read_table
from seqcast.report.pages.summary import ranked_table_html

with reporting(snakemake.log[0]):
    ranked, facts = read_table(snakemake.input[0]), read_provenance(snakemake.input[0])
    asked = snakemake.params
    page = ranked_table_html(ranked, facts, asked.rows, asked.descriptions)
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
