"""Write scores in the layout of the original program's sed.h5."""

import polars as pl

from seqcast.exports import write_sed_h5
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    scores = pl.read_parquet(snakemake.input.scores)
    write_sed_h5(scores, pl.read_parquet(snakemake.input.tracks), snakemake.output[0])
