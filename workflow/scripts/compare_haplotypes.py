"""Put the effects of haplotypes next to the sums of their variants' own effects."""

from seqcast.core.logs import reporting
from seqcast.core.store import read_table, write_tsv
from seqcast.predict.variants.haplotype_effects import compare_haplotypes

with reporting(snakemake.log[0]):
    shown = snakemake.params.report
    compared = compare_haplotypes(
        read_table(snakemake.input.scores),
        read_table(snakemake.input.tracks),
        read_table(snakemake.input.variants),
        shown["score"],
        shown["tracks"] or None,
    )
    write_tsv(compared, snakemake.output[0])
