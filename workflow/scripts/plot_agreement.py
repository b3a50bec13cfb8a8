"""Draw the scores of each fold against those of the first."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import same_weights
from seqcast.core.store import read_provenance, read_table
from seqcast.predict.variants.ranking import describe_tracks, select_tracks
from seqcast.report.figures.scores import fold_agreements
from seqcast.report.figures.style import head, new_figure, save, warn

with reporting(snakemake.log[0]):
    shown, names = snakemake.params.report, snakemake.wildcards
    tracks = read_table(snakemake.input.tracks)
    selected = select_tracks(tracks, shown["tracks"] or None)
    over = describe_tracks(len(selected), len(tracks), shown["tracks"])
    folds = dict(zip(snakemake.params.folds, map(read_table, snakemake.input.folds), strict=True))
    figure = new_figure(3.6 * (len(folds) - 1), 3.8)
    fold_agreements(figure, folds, shown["score"], selected)
    head(figure, f"{names.dataset}; {names.model}", f"means over {over}")
    repeated = same_weights(map(read_provenance, snakemake.input.folds))
    warn(figure, *(f"SAME WEIGHTS: {found}" for found in repeated))
    save(figure, snakemake.output[0])
