"""Properties of mRNAs: from embeddings, from simple features, or by a fine-tuned network."""

LONGEST_KMER = 5  # 4 + 16 + 64 + 256 + 1024 features
# Methods that need no model -> the features that they fit.
BASELINES = {
    "length_gc": "length, its logarithm and the fraction of G and C; lengths of 5' UTR, CDS and "
    "3' UTR where all sequences have a CDS",
    "kmer": f"frequencies of all k-mers, k = 1 to {LONGEST_KMER}",
    "codon_usage": "frequencies of the 64 codons of the CDS; only where all sequences have one",
}
