"""Look at strands, duplicates and totals of the tracks of a training dataset before it is made."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.datasets.coverage.preflight import PreflightFiles, PreflightOutputs, check_targets

with reporting(snakemake.log[0]):
    check_targets(
        files=named_files(PreflightFiles, snakemake.input, beside=("index", "tracks")),
        outputs=named_files(PreflightOutputs, snakemake.output),
        options=snakemake.params.options,
        threads=snakemake.threads,
        refuse=snakemake.params.refuse,
    )
