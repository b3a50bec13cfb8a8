"""Annotate the input VCF with statuses and scores."""

import polars as pl

from seqcast.exports import annotate_vcf
from seqcast.logs import reporting
from seqcast.store import read_provenance

with reporting(snakemake.log[0]):
    annotate_vcf(
        snakemake.input.variants,
        pl.read_parquet(snakemake.input.scores),
        pl.read_parquet(snakemake.input.tracks),
        snakemake.output[0],
        snakemake.params.score,
        read_provenance(snakemake.input.scores),
    )
