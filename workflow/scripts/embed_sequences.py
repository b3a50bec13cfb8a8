"""Embed the sequences of a dataset with one fold of a model."""

from seqcast.core.logs import reporting
from seqcast.predict.embeddings.embed_table import embed_dataset

with reporting(snakemake.log[0]):
    batches = {"batch_tokens": snakemake.config["embeddings"]["batch_tokens"]}
    nucleotides = snakemake.output.get("nucleotides")
    embed_dataset(
        weights=snakemake.input.weights,
        hyperparameters=snakemake.input.hyperparameters,
        transcripts=snakemake.input.transcripts,
        path=snakemake.output.table,
        store_path=nucleotides[0] if nucleotides else None,
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        options={**snakemake.params.options, **batches},
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
    )
