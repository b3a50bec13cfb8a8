"""Annotate the input VCF with statuses and scores."""

import polars as pl

from seqcast.exports import annotate_vcf, keep_tracks
from seqcast.logs import reporting
from seqcast.ranking import select_tracks
from seqcast.store import read_provenance, read_table

with reporting(snakemake.log[0]):
    shown = snakemake.params.report
    tracks = read_table(snakemake.input.tracks)
    # the tracks that rank variants in the report, so that both name the same gene
    selected = select_tracks(tracks, shown["tracks"] or None)
    annotate_vcf(
        snakemake.input.variants,
        *keep_tracks(read_table(snakemake.input.scores), tracks, selected),
        snakemake.output[0],
        shown["score"],
        read_provenance(snakemake.input.scores),
    )
