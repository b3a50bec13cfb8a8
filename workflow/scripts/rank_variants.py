"""Rank the variants of a set by the size of one score."""

from seqcast.core.logs import reporting
from seqcast.core.store import read_provenance, read_table, write_table
from seqcast.predict.nulls.percentiles import read_percentiles, reported
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
    further = None
    if among := snakemake.input.get("percentiles"):
        facts["nulls"] = read_provenance(among)["nulls"]
        further = reported(read_percentiles(among, table), shown["score"])
    ranked = rank_variants(table, tracks, shown["score"], like, None, further)
    write_table(ranked, snakemake.output[0], facts)
