"""Rank the variants of a set by the size of one score."""

from seqcast.core.logs import reporting
from seqcast.core.store import read_provenance, read_table, write_table
from seqcast.predict.variants.ranking import describe_tracks, rank_variants, select_tracks

with reporting(snakemake.log[0]):
    scores, shown = snakemake.input.scores, snakemake.params.report
    table, tracks = read_table(scores), read_table(snakemake.input.tracks)
    like = shown["tracks"] or None
    facts = {
        **read_provenance(scores),
        "dataset": snakemake.wildcards.dataset,
        "score": shown["score"],
        "tracks": describe_tracks(len(select_tracks(tracks, like)), len(tracks), like),
    }
    ranked = rank_variants(table, tracks, shown["score"], like, top=None)
    write_table(ranked, snakemake.output[0], facts)
