"""Set the scores of models of coverage and of mRNAs beside each other: tables and a page."""

from dataclasses import asdict

from seqcast.comparison.agreement import compare
from seqcast.comparison.joined import read_scored
from seqcast.comparison.page import comparison_html, untrained_models
from seqcast.comparison.truth import read_truth
from seqcast.logs import reporting
from seqcast.provenance import provenance
from seqcast.store import atomic, write_table, write_tsv

with reporting(snakemake.log[0]):
    shown, given, made = snakemake.params.report, snakemake.input, snakemake.output
    coverage, origins = read_scored(snakemake.params.coverage, given.coverage, given.tracks)
    mrna, others = read_scored(snakemake.params.mrna, given.mrna)
    found = compare(coverage, mrna, shown["score"], shown["tracks"] or None)
    facts = {"origins": origins | others, "measures": [asdict(m) for m in found.measures]}
    write_table(found.table, made.parquet, provenance(**facts))
    write_tsv(found.table, made.table)
    write_tsv(found.correlations, made.correlations)
    truth = read_truth(given.file, given.checked, found.table, found.measures)
    names = snakemake.wildcards.dataset, untrained_models(facts["origins"])
    with atomic(made.page) as temporary:
        temporary.write_text(comparison_html(names[0], found, names[1], truth), encoding="utf-8")
