"""A genome and variants that are written down in the test itself."""

from pathlib import Path

import polars as pl

from seqcast.genome.fasta import Genome


class TextGenome(Genome):
    """A genome of one contig, "c", held in a string."""

    def __init__(self, sequence: str) -> None:
        self.fasta, self.aliases, self._synonyms = Path("text.fa"), None, {}
        self.contigs, self.sequence = {"c": len(sequence)}, sequence

    def fetch(self, contig: str, start: int, end: int) -> str:
        bases = self.sequence[max(start, 0) : end]
        left = "N" * max(0, min(-start, end - start))
        return (left + bases).ljust(end - start, "N")


def table(rows: list[tuple[int, str, str]], chrom: str = "c") -> pl.DataFrame:
    """A variants table of (pos, ref, alt)."""
    columns = [(i, i, f"v{i}", chrom, *row) for i, row in enumerate(rows)]
    names = ["row", "record", "variant", "chrom", "pos", "ref", "alt"]
    kinds = [pl.Int64, pl.Int64, pl.String, pl.String, pl.Int64, pl.String, pl.String]
    return pl.DataFrame(columns, schema=dict(zip(names, kinds, strict=True)), orient="row")
