"""Draw both alleles of the highest-ranked variants along their genes."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import model_in_words
from seqcast.core.store import atomic, read_provenance, read_table
from seqcast.genome.annotation import read_annotation
from seqcast.report.figures.style import save
from seqcast.report.figures.top import variant_pages
from seqcast.report.strongest_coverage import read_top

with reporting(snakemake.log[0]):
    pages = variant_pages(
        read_top(snakemake.input.predictions),
        read_table(snakemake.input.ranked),
        read_table(snakemake.input.tracks),
        read_annotation(snakemake.input.annotation).genes,
        f"{snakemake.wildcards.dataset}; {model_in_words(read_provenance(snakemake.input.ranked))}",
    )
    with atomic(snakemake.output[0]) as folder:
        folder.mkdir()
        for rank, figure in pages:
            save(figure, folder / f"{rank}.png")
