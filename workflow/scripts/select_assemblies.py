"""Choose the genomes of a collection."""

from seqcast.core.logs import reporting
from seqcast.datasets.reads.assemblies import Selection, select_assemblies, write_assemblies

with reporting(snakemake.log[0]):
    table = select_assemblies(
        snakemake.input, Selection(**snakemake.params.selection), snakemake.params.seed
    )
    write_assemblies(table, snakemake.output[0])
