"""Write the coverage of a library from its aligned reads: a bigWig a strand, or one for both."""

from seqcast.core.logs import reporting
from seqcast.datasets.coverage.alignment_coverage import write_library_coverage

with reporting(snakemake.log[0]):
    tracks = dict(snakemake.output.items())
    counts = tracks.pop("counts")
    write_library_coverage(
        bam=snakemake.input.bam,
        genome=snakemake.input.genome,
        aliases=snakemake.input.get("aliases"),
        tracks=tracks,
        counts=counts,
        options=snakemake.params.options,
    )
