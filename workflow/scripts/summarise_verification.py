"""Write the verdicts on all folds as a table; an error if the numbers of one differ."""

from seqcast.core.logs import reporting
from seqcast.evaluation.verification.verdicts import summarise_verdicts

with reporting(snakemake.log[0]):
    summarise_verdicts(snakemake.input, snakemake.output[0])
