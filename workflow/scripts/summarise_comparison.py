"""Write the page that sets models of coverage and of mRNAs beside each other."""

from seqcast.comparison.agreement import read_comparison
from seqcast.comparison.page import comparison_html
from seqcast.comparison.truth import read_truth
from seqcast.logs import reporting
from seqcast.store import atomic

with reporting(snakemake.log[0]):
    given = snakemake.input
    found, models = read_comparison(given.table, given.correlations)
    truth = read_truth(given.file, given.checked, found.table, found.measures)
    page = comparison_html(snakemake.wildcards.dataset, found, models, truth)
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
