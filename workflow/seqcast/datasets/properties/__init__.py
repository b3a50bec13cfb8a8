"""Properties of mRNAs: their labels, which rows have one, and how they are split."""
