"""Write the page of a model against planted truth."""

import polars as pl

from seqcast.core.logs import reporting
from seqcast.evaluation.planted.measures import read_measures
from seqcast.report.pages.planted_truth import planted_truth_html
from seqcast.core.store import atomic, read_provenance, read_table

with reporting(snakemake.log[0]):
    given = snakemake.input
    tables = read_table(given.variants), read_table(given.genes)
    found = read_measures(given.measures), *tables, read_provenance(given.variants)
    with atomic(snakemake.output[0]) as temporary:
        page = planted_truth_html(snakemake.wildcards.model, *found)
        temporary.write_text(page, encoding="utf-8")
