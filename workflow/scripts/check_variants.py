"""Check every ALT of a VCF against the genome, before any inference."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import provenance
from seqcast.core.store import file_sha256, write_table
from seqcast.genome.fasta import Genome
from seqcast.genome.haplotypes import check_file

with reporting(snakemake.log[0]):
    with Genome(snakemake.input.genome, snakemake.input.get("aliases")) as genome:
        variants = check_file(snakemake.input.variants, genome, **snakemake.params.options)
    facts = provenance(
        dataset=snakemake.wildcards.dataset,
        assembly=snakemake.params.assembly,
        file=snakemake.input.variants,
        sha256=file_sha256(snakemake.input.variants),
        options=snakemake.params.options,
        code=snakemake.params.code,
    )
    write_table(variants, snakemake.output[0], facts)
