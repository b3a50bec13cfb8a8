"""Effects of variants: alleles, scores of genes, windows and transcripts, ensembles and ranks."""

SCORES_OF_MRNAS = ("cosine_mean", "L2_mean", "cosine_last", "L2_last", "LLR")
SCORES_OF_SITES = ("COVR", "SCOVR")  # of poly(A) sites of a gene
