"""Write the sequences and targets of a coverage set from bigWig files."""

from seqcast.jobs.coverage_sets import store_targets
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    store_targets(
        files=snakemake.input,
        output=snakemake.output[0],
        assembly=snakemake.params.assembly,
        options=snakemake.params.options,
        facts=snakemake.params.facts,
        threads=snakemake.threads,
        aliases=snakemake.params.aliases or None,
    )
