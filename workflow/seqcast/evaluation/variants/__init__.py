"""Models of coverage and models of mRNAs on the same variants, side by side.

A model of coverage has one number per track for an ALT and a gene: here the mean over tracks of its
magnitude, as in the ranking. A model of mRNAs has distances and a log-likelihood ratio for an ALT
and a transcript. They meet at the gene (`joined_scores`). They do not measure the same thing, so
that only orders are compared (`agreement`), and, where a file names them, how far causal variants
are distinguished from matched ones (`known_effects`).
"""
