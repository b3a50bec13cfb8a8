"""Labelled reads for training: from assemblies to train.tsv and dev.tsv."""
