"""Draw the scores of each fold against those of the first."""

import polars as pl

from seqcast.logs import reporting
from seqcast.plots.scores import fold_agreements
from seqcast.plots.style import new_figure, save
from seqcast.ranking import select_tracks
from seqcast.store import read_table

with reporting(snakemake.log[0]):
    shown, names = snakemake.params.report, snakemake.params.folds
    selected = select_tracks(read_table(snakemake.input.tracks), shown["tracks"] or None)
    folds = dict(zip(names, map(read_table, snakemake.input.folds)))
    figure = new_figure(3.6 * (len(folds) - 1), 3.6)
    save(fold_agreements(figure, folds, shown["score"], selected), snakemake.output[0])
