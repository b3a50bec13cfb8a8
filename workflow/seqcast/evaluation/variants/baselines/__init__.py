"""Methods without a sequence model, in each benchmark of variants."""
