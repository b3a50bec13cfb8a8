"""Write the genome of a reference and its coding sequence."""

from seqcast.core.logs import reporting
from seqcast.evaluation.reads.references import prepare_reference

with reporting(snakemake.log[0]):
    prepare_reference(
        genome=snakemake.input.genome,
        fasta=snakemake.output.fasta,
        coding_bed=snakemake.output.coding,
        given=snakemake.input.get("coding"),
        compat=snakemake.params.compat,
    )
