"""Properties of mRNAs: from embeddings, from simple features, or by a fine-tuned network."""
