"""Effects of variants: alleles, scores of genes, windows and transcripts, ensembles and ranks."""
