"""Benchmarks of reporter assays, from scores of their oligos."""
