"""Look at strands, duplicates and totals of the tracks of a coverage set before it is made."""

from seqcast.jobs.preflight import check_targets
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    check_targets(
        files=snakemake.input,
        output=snakemake.output[0],
        options=snakemake.params.options,
        threads=snakemake.threads,
        refuse=snakemake.params.refuse,
    )
