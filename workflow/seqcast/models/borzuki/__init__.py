"""Borzuki: coverage along the genome from DNA."""
