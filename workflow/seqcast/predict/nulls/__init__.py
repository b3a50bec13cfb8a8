"""Is a score unusual? Scores of variants next to those of null variants of the same class."""
