"""Write the page that says what was found in the reads."""

from seqcast.core.logs import reporting
from seqcast.core.store import atomic
from seqcast.report.pages.reads_summary import reads_summary_html

with reporting(snakemake.log[0]):
    tables = dict(zip(map(tuple, snakemake.params.pairs), snakemake.input.tables, strict=True))
    with atomic(snakemake.output[0]) as temporary:
        html = reads_summary_html(tables, snakemake.params.descriptions)
        temporary.write_text(html, encoding="utf-8")
