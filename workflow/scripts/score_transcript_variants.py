"""Score a set of variants in transcripts with one fold of an embedding model."""

from seqcast.predict.variants.score_transcripts import score_transcripts
from seqcast.core.logs import reporting

with reporting(snakemake.log[0]):
    batches = {"batch_tokens": snakemake.config["embeddings"]["batch_tokens"]}
    score_transcripts(
        files=dict(snakemake.input.items()),
        output=snakemake.output[0],
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        options={**snakemake.params.options, **batches},
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
    )
