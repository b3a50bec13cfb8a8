"""What a model says of an input: coverage, effects of variants, embeddings, reads, properties."""
