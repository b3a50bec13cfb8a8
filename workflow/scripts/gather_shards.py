"""Put the shards of one fold's scores together, in input order."""

from seqcast.core.logs import reporting
from seqcast.predict.variants.ensemble import gather_shards

with reporting(snakemake.log[0]):
    for level in ("gene", "window"):
        gather_shards(snakemake.input[level], snakemake.output[level], by="row")
