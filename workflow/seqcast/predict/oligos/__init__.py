"""Effects of oligos that take the place of a genome's own bases, as in reporter assays."""
