"""Rank the variants of a set by the size of one score."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import folds_of
from seqcast.core.store import read_provenance, read_table, write_table
from seqcast.evaluation.variants.half_life_effects import mean_changes
from seqcast.predict.nulls.percentiles import read_percentiles, reported
from seqcast.predict.variants import ranking
from seqcast.predict.variants.effect_intervals import Certainty

with reporting(snakemake.log[0]):
    given, shown = snakemake.input, snakemake.params.report
    table, tracks = read_table(given.scores), read_table(given.tracks)
    score, like = shown["score"], shown["tracks"] or None
    selected = ranking.select_tracks(tracks, like)
    over = ranking.describe_tracks(len(selected), len(tracks), like)
    facts = {"dataset": snakemake.wildcards.dataset, "score": score, "tracks": over}
    facts = {**read_provenance(given.scores), **facts}
    further = mean_changes(given.half_lives, table) if given.half_lives else table.select()
    if among := given.get("percentiles"):
        facts["nulls"] = read_provenance(among)["nulls"]
        further = further.hstack(reported(read_percentiles(among, table), score))
    certainty = Certainty.read(len(folds_of(facts)), given.get("intervals"))
    ranked = ranking.rank_variants(table, tracks, score, like, None, further, certainty)
    write_table(ranked, snakemake.output[0], facts)
