"""HTML pages of a run: one file each, all values escaped."""
