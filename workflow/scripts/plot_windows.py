"""Draw where the windows of a training dataset lie, by what a fold does with them."""

from seqcast.core.logs import reporting
from seqcast.datasets.coverage.target_windows import read_windows, roles_of_parts
from seqcast.report.figures.genome_map import plot_windows
from seqcast.report.figures.style import head, save

with reporting(snakemake.log[0]):
    windows, named = read_windows(snakemake.input[0]), snakemake.wildcards
    figure = plot_windows(windows, roles_of_parts(windows, named.fold))
    head(figure, f"{named.model}, fold {named.fold}")
    save(figure, snakemake.output[0])
