"""Count which models call each variant, and test a stack of all models."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.variants.cross_model import CrossModelFiles, compare_across

with reporting(snakemake.log[0]):
    given = snakemake.input
    made = named_files(CrossModelFiles, snakemake.output)
    compare_across(given.table, given.correlations, given.file, made, given.percentiles)
