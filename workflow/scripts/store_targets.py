"""Write the sequences and targets of a training dataset from bigWig files."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.datasets.coverage.coverage_sets import SetFiles, store_targets, write_digest

with reporting(snakemake.log[0]):
    store_targets(
        files=named_files(SetFiles, snakemake.input, beside=("index", "preflight", "tracks")),
        output=snakemake.output.store,
        assembly=snakemake.params.assembly,
        options=snakemake.params.options,
        facts=snakemake.params.facts,
        threads=snakemake.threads,
    )
    write_digest(snakemake.output.store, snakemake.output.digest)
