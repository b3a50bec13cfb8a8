"""Make the table of mRNA sequences of a dataset: from its file, or from genome and annotation."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.transcripts.prepare_transcripts import TranscriptSources, prepare_dataset

with reporting(snakemake.log[0]):
    prepare_dataset(
        files=named_files(TranscriptSources, snakemake.input, beside=("index",)),
        options=snakemake.params.options,
        path=snakemake.output[0],
        facts={**snakemake.params.facts, "code": snakemake.params.code},
    )
