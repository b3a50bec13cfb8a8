"""Mean coverage over the folds of a model."""

from seqcast.core.logs import reporting
from seqcast.predict.coverage.coverage_files import average_coverage

with reporting(snakemake.log[0]):
    average_coverage(list(snakemake.input), snakemake.output[0])
