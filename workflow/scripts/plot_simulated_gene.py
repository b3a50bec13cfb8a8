"""Draw a gene of the simulated genome: what was planted in it, and what is measured of it."""

from pathlib import Path

from seqcast.core.logs import reporting
from seqcast.report.figures.simulated_gene import simulated_gene
from seqcast.report.figures.style import save
from seqcast.simulate.gene_view import read_gene_view

with reporting(snakemake.log[0]):
    folder = Path(snakemake.input.genes).parent
    save(simulated_gene(read_gene_view(folder)), snakemake.output[0])
