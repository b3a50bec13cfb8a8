"""Write the coverage of a library from its aligned reads, a bigWig a strand."""

from seqcast.jobs.coverage_tracks import write_library_coverage
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    write_library_coverage(
        bam=snakemake.input.bam,
        genome=snakemake.input.genome,
        aliases=snakemake.params.aliases or None,
        tracks={"plus": snakemake.output.plus, "minus": snakemake.output.minus},
        counts=snakemake.output.counts,
        options=snakemake.params.options,
    )
