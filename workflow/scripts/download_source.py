"""Fetch one row of config/sources.tsv."""

from seqcast.download import fetch
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    fetch(
        snakemake.params.url,
        snakemake.output[0],
        sha256=snakemake.params.sha256,
        lock=snakemake.params.lock,
    )
