"""Enumerate all variants of the regions of a dataset."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.datasets.variants.region_sets import RegionFiles, RegionTables, enumerate_regions

with reporting(snakemake.log[0]):
    enumerate_regions(
        files=named_files(RegionFiles, snakemake.input, beside=("index",)),
        outputs=named_files(RegionTables, snakemake.output),
        options=snakemake.params.options,
        facts={**snakemake.params.facts, "code": snakemake.params.code},
    )
