"""Rank the variants of a set by the size of one score."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import folds_of
from seqcast.core.store import read_provenance, read_table, write_table
from seqcast.evaluation.variants.half_life_effects import further_columns
from seqcast.predict.variants import ranking
from seqcast.predict.variants.effect_intervals import Certainty

with reporting(snakemake.log[0]):
    given, shown, name = snakemake.input, snakemake.params.report, snakemake.wildcards.dataset
    table, tracks = read_table(given.scores), read_table(given.tracks)
    score, like = shown["score"], shown["tracks"] or None
    over = ranking.describe_tracks(len(ranking.select_tracks(tracks, like)), len(tracks), like)
    facts = {**read_provenance(given.scores), "score": score, "tracks": over, "dataset": name}
    if given.percentiles:
        facts["nulls"] = read_provenance(given.percentiles)["nulls"]
    further = further_columns(table, score, given.half_lives, given.percentiles)
    certainty = Certainty.read(len(folds_of(facts)), given.get("intervals"))
    ranked = ranking.rank_variants(table, tracks, score, like, None, further, certainty)
    write_table(ranked, snakemake.output[0], facts)
