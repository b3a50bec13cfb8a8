"""Set the scores of models of coverage and of mRNAs next to each other."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.variants.agreement import ComparisonFiles, compare, write_comparison
from seqcast.evaluation.variants.joined_scores import read_scored

with reporting(snakemake.log[0]):
    shown, given = snakemake.params.report, snakemake.input
    coverage, models = read_scored(snakemake.params.coverage, given.coverage, given.tracks)
    mrna, others = read_scored(snakemake.params.mrna, given.mrna)
    found = compare(coverage, mrna, shown["score"], shown["tracks"] or None)
    write_comparison(found, models | others, named_files(ComparisonFiles, snakemake.output))
