"""Predict a property of mRNAs from the embeddings of one fold of a model."""

from seqcast.core.logs import reporting
from seqcast.predict.properties.probe import probe_embeddings

with reporting(snakemake.log[0]):
    probe_embeddings(
        files=snakemake.input,
        output=snakemake.output[0],
        definition=snakemake.params.definition,
        options=snakemake.params.options,
        facts={**snakemake.params.facts, "code": snakemake.params.code},
    )
