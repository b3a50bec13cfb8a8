"""Put the shards of one fold's scores together, in input order."""

import polars as pl

from seqcast.core.logs import reporting
from seqcast.core.store import read_provenance, read_table, write_table

with reporting(snakemake.log[0]):
    for level in ("gene", "window"):
        shards = snakemake.input[level]
        table = pl.concat([read_table(shard) for shard in shards])
        write_table(table, snakemake.output[level], read_provenance(shards[0]))
