"""Fetch one row of config/sources.tsv."""

from seqcast.download import fetch, tell_licence
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    tell_licence(snakemake.params.url, snakemake.params.licence)
    fetch(
        snakemake.params.url,
        snakemake.output[0],
        digest=snakemake.params.sha256,
        lock=snakemake.params.lock,
    )
