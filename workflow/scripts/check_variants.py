"""Check every ALT of a VCF against the genome, before any inference."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import provenance
from seqcast.core.store import file_sha256
from seqcast.genome.checked_files import write_checked
from seqcast.genome.fasta import Genome

with reporting(snakemake.log[0]):
    facts = provenance(
        dataset=snakemake.wildcards.dataset,
        assembly=snakemake.params.assembly,
        file=snakemake.input.variants,
        sha256=file_sha256(snakemake.input.variants),
        options=snakemake.params.options,
        code=snakemake.params.code,
    )
    with Genome(snakemake.input.genome, snakemake.input.get("aliases")) as genome:
        write_checked(
            snakemake.input.variants, snakemake.output[0], genome, facts, **snakemake.params.options
        )
