"""Check every ALT of a VCF against the genome, before any inference."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import provenance
from seqcast.core.store import file_sha256, write_table
from seqcast.genome.fasta import Genome
from seqcast.genome.variants import check_variants, guard_build, read_variants
from seqcast.genome.vcf import check_indexable

with reporting(snakemake.log[0]):
    options = dict(snakemake.params.options)
    min_match = options.pop("min_ref_match")
    check_indexable(snakemake.input.variants)
    with Genome(snakemake.input.genome, snakemake.input.get("aliases")) as genome:
        variants = check_variants(read_variants(snakemake.input.variants), genome, **options)
    guard_build(variants, min_match)
    facts = provenance(
        dataset=snakemake.wildcards.dataset,
        assembly=snakemake.params.assembly,
        file=snakemake.input.variants,
        sha256=file_sha256(snakemake.input.variants),
        options=snakemake.params.options,
        code=snakemake.params.code,
    )
    write_table(variants, snakemake.output[0], facts)
