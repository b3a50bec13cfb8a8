"""Download one row of config/sources.tsv."""

from seqcast.core.logs import reporting
from seqcast.core.sources import fetch_source

with reporting(snakemake.log[0]):
    fetch_source(
        table=snakemake.config["tables"]["sources"],
        path=snakemake.wildcards.path,
        output=snakemake.output[0],
        lock=snakemake.params.lock,
    )
