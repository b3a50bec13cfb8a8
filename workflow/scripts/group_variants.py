"""Tell which variant of each set, such as a credible set, stands out."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.variants.variant_sets import SetFiles, SetTables, group_variants

with reporting(snakemake.log[0]):
    group_variants(
        named_files(SetFiles, snakemake.input),
        named_files(SetTables, snakemake.output),
        snakemake.params.key,
    )
