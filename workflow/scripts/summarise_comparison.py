"""Write the page that sets models of coverage and of mRNAs beside each other."""

from seqcast.evaluation.variants.agreement import read_comparison
from seqcast.report.pages.comparison import comparison_html
from seqcast.evaluation.variants.known_effects import read_truth
from seqcast.core.logs import reporting
from seqcast.core.store import atomic

with reporting(snakemake.log[0]):
    given = snakemake.input
    found, models = read_comparison(given.table, given.correlations)
    truth = read_truth(given.file, given.checked, found.table, found.measures)
    page = comparison_html(snakemake.wildcards.dataset, found, models, truth)
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
