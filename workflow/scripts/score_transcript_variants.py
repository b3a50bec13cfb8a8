"""Score a set of variants in transcripts with one fold of an embedding model."""

from seqcast.jobs.transcript_effects import score_transcripts
from seqcast.logs import reporting
from seqcast.store import write_table

with reporting(snakemake.log[0]):
    batches = {"batch_tokens": snakemake.config["embeddings"]["batch_tokens"]}
    table, facts = score_transcripts(
        files=snakemake.input,
        architecture=snakemake.params.facts["architecture"],
        options={**snakemake.params.options, **batches},
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
    )
    facts |= {**snakemake.params.facts, "code": snakemake.params.code}
    write_table(table, snakemake.output[0], facts)
