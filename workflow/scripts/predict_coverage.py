"""Predict the coverage of regions of a genome with one fold of a model."""

from seqcast.jobs import predict_regions
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    predict_regions(
        files=snakemake.input,
        path=snakemake.output[0],
        facts=snakemake.params.facts,
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.params.inference,
        threads=snakemake.threads,
    )
