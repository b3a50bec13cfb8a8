"""Map the reads of a sample to its reference."""

from seqcast.core.logs import reporting
from seqcast.evaluation.reads import INDEX_SUFFIXES
from seqcast.evaluation.reads.mapping import map_reads

with reporting(snakemake.log[0]):
    map_reads(
        prefix=snakemake.input.index[0].removesuffix(INDEX_SUFFIXES[0]),
        reads1=snakemake.input.reads1,
        reads2=snakemake.input.get("reads2"),
        bam=snakemake.output[0],
        threads=snakemake.threads,
        first=int(snakemake.params.first or 0) or None,
    )
