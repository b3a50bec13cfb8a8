"""Metrics of two classes, several classes and numbers: one schema, one bootstrap, one Pearson."""
