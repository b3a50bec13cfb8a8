"""Coverage of regions: inference and the files of it."""
