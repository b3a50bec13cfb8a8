"""Attribute the bases of mutagenesis maps by gradients, and measure the agreement."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.variants.attribution_agreement import (
    AgreementFiles,
    ComparedFiles,
    write_agreement,
)

with reporting(snakemake.log[0]):
    write_agreement(
        files=named_files(ComparedFiles, snakemake.input),
        outputs=named_files(AgreementFiles, snakemake.output),
        facts={"dataset": snakemake.wildcards.dataset, "code": snakemake.params.code},
    )
