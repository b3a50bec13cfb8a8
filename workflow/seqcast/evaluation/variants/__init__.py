"""Benchmarks of variants, and models of coverage and of mRNAs side by side on the same variants.

A benchmark (`evaluate_variants`) joins scores of any method with what files say of their variants
(`labelled_variants`, `method_scores`) and gives numbers by its protocol: `matched_pairs`,
`match_groups`, `two_classes` or `coefficients`, next to those of `baselines`; with the arithmetic
of the published numbers in `borzuki_notebooks`.

Side by side, a model of coverage has one number per track for an ALT and a gene: here the mean over
tracks of its magnitude, as in the ranking. A model of mRNAs has distances and a log-likelihood
ratio for an ALT and a transcript. They meet at the gene (`joined_scores`). They do not measure the
same thing, so that only orders are compared (`agreement`), and, where a file names them, how far
causal variants are distinguished from matched ones (`known_effects`).
"""
