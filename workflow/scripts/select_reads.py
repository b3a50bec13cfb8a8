"""Choose the reads of a sample that are coding or not beyond doubt."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.reads.labelled_reads import Choice, SampleFiles, select_sample

with reporting(snakemake.log[0]):
    select_sample(
        bam=snakemake.input.bam,
        coding=snakemake.input.coding,
        unclear=snakemake.input.get("unclear"),
        outputs=named_files(SampleFiles, snakemake.output),
        names=(snakemake.params.reference, snakemake.wildcards.sample),
        choice=Choice(**snakemake.params.choice),
        compat=snakemake.params.compat,
    )
