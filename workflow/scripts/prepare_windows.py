"""Cut a genome into windows to train on, or take those of a BED, with the part each is in."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.datasets.coverage.coverage_sets import WindowFiles, prepare_windows

with reporting(snakemake.log[0]):
    prepare_windows(
        files=named_files(WindowFiles, snakemake.input, beside=("index",)),
        output=snakemake.output[0],
        options=snakemake.params.options,
    )
