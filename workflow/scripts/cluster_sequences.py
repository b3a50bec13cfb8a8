"""Cluster the mRNAs of a property by the identity of their sequences."""

from seqcast.core.logs import reporting
from seqcast.datasets.properties.clusters import write_clusters

with reporting(snakemake.log[0]):
    write_clusters(
        transcripts=snakemake.input[0],
        output=snakemake.output[0],
        identity=snakemake.params.identity,
        threads=snakemake.threads,
    )
