"""Mean and spread of the scores over the folds of a model."""

from seqcast.core.logs import reporting
from seqcast.predict.variants.ensemble import average_folds

with reporting(snakemake.log[0]):
    average_folds(snakemake.input, snakemake.output[0])
