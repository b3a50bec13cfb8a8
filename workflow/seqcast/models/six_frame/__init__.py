"""SixFrame: reads that code for protein, told by their codons in all six frames."""
