"""Properties of mRNAs: labels and their splits, models on fixed features, and how good they are."""
