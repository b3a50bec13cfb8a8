"""Draw the distribution of scores over variants."""

import polars as pl

from seqcast.logs import reporting
from seqcast.plots.scores import score_distributions
from seqcast.plots.style import new_figure, save
from seqcast.ranking import select_tracks
from seqcast.store import read_table

with reporting(snakemake.log[0]):
    shown = snakemake.params.report
    selected = select_tracks(read_table(snakemake.input.tracks), shown["tracks"] or None)
    scores = {snakemake.wildcards.dataset: read_table(snakemake.input.scores)}
    save(score_distributions(new_figure(9, 3.4), scores, shown["score"], selected), snakemake.output[0])
