"""Score a set of variants in transcripts with one fold of an embedding model."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.variants.score_transcripts import TranscriptFiles, score_transcripts

with reporting(snakemake.log[0]):
    batches = {"batch_tokens": snakemake.config["embeddings"]["batch_tokens"]}
    score_transcripts(
        files=named_files(TranscriptFiles, snakemake.input, beside=("index",)),
        output=snakemake.output[0],
        facts={**snakemake.params.facts, "code": snakemake.params.code},
        options={**snakemake.params.options, **batches},
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
    )
