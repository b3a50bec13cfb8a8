"""Predict a property of mRNAs from the embeddings of one fold of a model."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.properties.probe import ProbeFiles, probe_embeddings

with reporting(snakemake.log[0]):
    probe_embeddings(
        files=named_files(ProbeFiles, snakemake.input),
        output=snakemake.output[0],
        definition=snakemake.params.definition,
        options=snakemake.params.options,
        facts={**snakemake.params.facts, "code": snakemake.params.code},
    )
