"""Features of sequences: engines, tables of one row per sequence, and files of nucleotides."""
