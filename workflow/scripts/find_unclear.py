"""Write the coding and unclear sequence of a reference."""

from seqcast.core.logs import reporting
from seqcast.evaluation.reads.unclear import find_unclear

with reporting(snakemake.log[0]):
    find_unclear(
        coding=snakemake.input.coding,
        bed=snakemake.output[0],
        genome=snakemake.input.genome,
        proteins=snakemake.input.get("proteins"),
        given=snakemake.input.get("unclear"),
        taxon=snakemake.params.taxon,
        threads=snakemake.threads,
        compat=snakemake.params.compat,
    )
