"""Write the page that says what was embedded."""

from seqcast.core.logs import reporting
from seqcast.core.store import atomic
from seqcast.report.pages.embeddings_summary import embeddings_summary_html

with reporting(snakemake.log[0]):
    with atomic(snakemake.output[0]) as temporary:
        html = embeddings_summary_html(snakemake.input.tables, snakemake.params.descriptions)
        temporary.write_text(html, encoding="utf-8")
