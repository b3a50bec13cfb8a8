"""Predict the coverage of regions of a genome with one fold of a model."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.coverage.predict_regions import RegionFiles, predict_regions

with reporting(snakemake.log[0]):
    predict_regions(
        files=named_files(RegionFiles, snakemake.input, beside=("index",)),
        path=snakemake.output[0],
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
    )
