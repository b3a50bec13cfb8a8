"""Write the scores of all variants of regions as a table and a VCF to look them up in."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.core.store import read_provenance
from seqcast.predict.variants.exports import Precomputed, PrecomputedFiles, write_precomputed

with reporting(snakemake.log[0]):
    write_precomputed(
        files=named_files(PrecomputedFiles, snakemake.input),
        outputs=named_files(Precomputed, snakemake.output, beside=("indexes",)),
        groups=snakemake.params.groups,
        facts={
            "dataset": snakemake.wildcards.dataset,
            **read_provenance(snakemake.input.scores),
        },
    )
