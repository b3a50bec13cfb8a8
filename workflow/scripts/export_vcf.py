"""Annotate the input VCF with statuses and scores."""

import polars as pl

from seqcast.exports import annotate_vcf
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    scores = pl.read_parquet(snakemake.input.scores)
    tracks = pl.read_parquet(snakemake.input.tracks)
    annotate_vcf(
        snakemake.input.variants, scores, tracks, snakemake.output[0], snakemake.params.score
    )
