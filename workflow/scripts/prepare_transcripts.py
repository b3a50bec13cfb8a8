"""Make the table of mRNA sequences of a dataset: from its file, or from genome and annotation."""

from seqcast.transcripts.prepare_transcripts import prepare_dataset
from seqcast.core.logs import reporting

names = ("sequences", "annotation", "genome", "aliases", "ids", "labels")

with reporting(snakemake.log[0]):
    prepare_dataset(
        files={name: snakemake.input.get(name) for name in names},
        options=snakemake.params.options,
        path=snakemake.output[0],
        facts={**snakemake.params.facts, "code": snakemake.params.code},
    )
