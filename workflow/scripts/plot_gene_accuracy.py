"""Draw predicted against measured coverage of genes in some tracks."""

import polars as pl

from seqcast.coverage_accuracy.gene_matrices import GeneMatrix
from seqcast.logs import reporting
from seqcast.plots.accuracy import plot_predicted_measured
from seqcast.plots.accuracy_tables import typical_tracks
from seqcast.plots.style import save

with reporting(snakemake.log[0]):
    files = snakemake.input
    guess, truth = map(GeneMatrix.read, [files.gene_preds, files.gene_targets])
    table = pl.read_csv(files.tracks, separator="\t", schema_overrides={"description": pl.String})
    panels = {
        title: (guess.columns([name])[:, 0], truth.columns([name])[:, 0])
        for title, name in typical_tracks(table).items()
    }
    save(plot_predicted_measured(panels, "log2(1 + coverage)"), snakemake.output[0])
