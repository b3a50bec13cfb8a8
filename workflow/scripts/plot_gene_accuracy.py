"""Draw predicted against measured coverage of genes in some tracks."""

import polars as pl

from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.report.figures.accuracy import plot_predicted_measured
from seqcast.report.figures.accuracy_tables import length_notes, typical_tracks
from seqcast.report.figures.style import head, save

with reporting(snakemake.log[0]):
    files = snakemake.input
    guess, truth = map(GeneMatrix.read, [files.gene_preds, files.gene_targets])
    table = pl.read_csv(files.tracks, separator="\t", schema_overrides={"description": pl.String})
    chosen = typical_tracks(table)
    panels = {
        title: (guess.columns([name])[:, 0], truth.columns([name])[:, 0])
        for title, name in chosen.items()
    }
    notes = length_notes(table, chosen)
    figure = plot_predicted_measured(panels, "log2(1 + coverage)", notes=notes)
    named = snakemake.wildcards
    head(figure, named.coverage_set, f"{named.model}, fold {named.fold}", "test windows")
    save(figure, snakemake.output[0])
