"""Write the page that sets models of coverage and of mRNAs beside each other."""

from seqcast.comparison.agreement import read_comparison
from seqcast.comparison.page import comparison_html, untrained_models
from seqcast.comparison.truth import read_truth
from seqcast.logs import reporting
from seqcast.store import atomic

with reporting(snakemake.log[0]):
    given = snakemake.input
    found, origins = read_comparison(given.table, given.correlations)
    truth = read_truth(given.file, given.checked, found.table, found.measures)
    names = snakemake.wildcards.dataset, untrained_models(origins)
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(comparison_html(names[0], found, names[1], truth), encoding="utf-8")
