"""Put the shards of one fold's scores of oligos together, in order."""

from seqcast.core.logs import reporting
from seqcast.predict.variants.ensemble import gather_shards

with reporting(snakemake.log[0]):
    gather_shards(snakemake.input, snakemake.output[0])
