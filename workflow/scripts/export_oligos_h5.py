"""Write the scores of oligos with one shift in the layout of the original program's sed.h5."""

from seqcast.core.logs import reporting
from seqcast.core.store import read_provenance, read_table
from seqcast.predict.variants.exports import write_oligos_h5

with reporting(snakemake.log[0]):
    write_oligos_h5(
        read_table(snakemake.input.scores),
        read_table(snakemake.input.tracks),
        snakemake.output[0],
        int(snakemake.wildcards.shift_bp),
        read_provenance(snakemake.input.scores),
    )
