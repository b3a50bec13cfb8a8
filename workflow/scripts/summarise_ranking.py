"""Write the page of the strongest variants of a set."""

from seqcast.core.logs import reporting
from seqcast.core.store import atomic, read_provenance, read_table
from seqcast.report.pages.summary import ranked_table_html
from seqcast.report.pages.training import overall_verdicts

with reporting(snakemake.log[0]):
    given, asked = snakemake.input, snakemake.params
    ranked, facts = read_table(given.ranked), read_provenance(given.ranked)
    folds = overall_verdicts(given.verdicts, snakemake.output[0])
    page = ranked_table_html(ranked, facts, asked.rows, asked.descriptions, given.sets, folds)
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
