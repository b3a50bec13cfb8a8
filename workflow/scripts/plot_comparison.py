"""Draw sizes of effects in models of coverage against those in models of mRNAs."""

import polars as pl

from seqcast.comparison.agreement import Measure
from seqcast.comparison.page import untrained_models
from seqcast.logs import reporting
from seqcast.plots.comparison import plot_comparison
from seqcast.plots.style import save
from seqcast.store import read_provenance, read_table

with reporting(snakemake.log[0]):
    facts, table = read_provenance(snakemake.input[0]), read_table(snakemake.input[0])
    measured = [Measure(**fields) for fields in facts["measures"]]
    shown = snakemake.wildcards.dataset, untrained_models(facts["origins"])
    save(plot_comparison(table, measured, *shown), snakemake.output[0])
