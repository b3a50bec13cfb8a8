"""Write the sequences and targets of a coverage set from bigWig files."""

from seqcast.datasets.coverage.coverage_sets import store_targets, write_digest
from seqcast.core.logs import reporting

with reporting(snakemake.log[0]):
    store_targets(
        files=snakemake.input,
        output=snakemake.output.store,
        assembly=snakemake.params.assembly,
        options=snakemake.params.options,
        facts=snakemake.params.facts,
        threads=snakemake.threads,
        aliases=snakemake.input.get("aliases"),
    )
    write_digest(snakemake.output.store, snakemake.output.digest)
