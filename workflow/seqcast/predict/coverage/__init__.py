"""Coverage of regions, and the files of it."""
