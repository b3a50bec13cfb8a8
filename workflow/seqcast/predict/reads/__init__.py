"""Reads that code for protein, and those that do not."""
