"""Benchmark sets of variants: fine-mapped QTLs, and matched controls."""
