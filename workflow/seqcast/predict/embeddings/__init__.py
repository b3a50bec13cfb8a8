"""Features of sequences: engines, tables of a row a sequence, and files of nucleotides."""
