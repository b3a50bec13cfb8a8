"""Write the page, the figures and the table of all benchmarks."""

from seqcast.core.logs import reporting
from seqcast.report.figures.benchmarks import plot_benchmark
from seqcast.report.figures.style import save
from seqcast.report.pages.benchmarks import read_benchmarks, write_benchmarks

with reporting(snakemake.log[0]):
    made = snakemake.output
    found = read_benchmarks(list(snakemake.input), snakemake.params.about)
    for one, path in zip(found, made.figures, strict=True):
        save(plot_benchmark(one.results, one.metrics[:2], one.names[:2], one.untrained), path)
    write_benchmarks(found, list(made.figures), made.page, made.table)
