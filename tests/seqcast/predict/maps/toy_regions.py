"""Scores of all variants of small regions, as the workflow makes them, with effects that are known."""

import numpy as np
import polars as pl

from seqcast.core.store import array_column
from seqcast.genome.annotation import Annotation, Gene
from seqcast.predict.maps.group_effects import RegionScores
from seqcast.predict.variants.ensemble import average_scores

BASES = "ACGT"
GENE = Gene("G1", "one", "chr1", "-", ((90, 140),))
OTHER = Gene("G2", "two", "chr1", "+", ((500, 600),))
ANNOTATION = Annotation((GENE, OTHER))
TRACKS = pl.DataFrame({"description": ["RNA:ActD:a 0h", "RNA:ActD:a 2h", "CAGE:b"]})
SCHEMA = {
    "variant": pl.String, "chrom": pl.String, "pos": pl.Int64, "ref": pl.String, "alt": pl.String,
    "gene_id": pl.String, "gene_name": pl.String, "status": pl.String,
}  # fmt: skip


def snvs(sequence: str, start: int, gene: Gene | None = GENE, chrom: str = "chr1") -> list[tuple]:
    """Rows of all SNVs of a sequence; a run of N is one row, as `enumeration` has it."""
    rows, i = [], 0
    while i < len(sequence):
        if sequence[i] == "N":
            end = i
            while end < len(sequence) and sequence[end] == "N":
                end += 1
            name = f"{chrom}:{start + i + 1}-{start + end}"
            rows.append((name, chrom, start + i + 1, "N", ".", None, None, "ref_ambiguous"))
            i = end
            continue
        rows += [
            row(start + i + 1, sequence[i], alt, gene, chrom) for alt in BASES if alt != sequence[i]
        ]
        i += 1
    return rows


def row(pos: int, ref: str, alt: str, gene: Gene | None = GENE, chrom: str = "chr1") -> tuple:
    named = (gene.gene_id, gene.gene_name, "scored") if gene else (None, None, "no_gene_in_window")
    return (f"{chrom}_{pos}_{ref}_{alt}", chrom, pos, ref, alt, *named)


def scores(rows: list[tuple], folds: int = 2, seed: int = 0, same_weights=()) -> RegionScores:
    """Random scores of some rows in three tracks."""
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    scored = (table["status"] == "scored").to_numpy()
    rng = np.random.default_rng(seed)
    tables = [
        table.with_columns(array_column("logSED", rng.normal(size=(len(rows), 3)), scored))
        for _ in range(folds)
    ]
    named = {str(i): one for i, one in enumerate(tables)}
    return RegionScores(average_scores(tables, same_weights), named, TRACKS, same_weights)


def regions(*places: tuple, contig: str | None = "chr1") -> pl.DataFrame:
    """Regions (name, start, end) of chr1."""
    rows = [(i, name, "chr1", contig, start, end) for i, (name, start, end) in enumerate(places)]
    schema = {"region": pl.Int64, "name": pl.String, "chrom": pl.String, "contig": pl.String,
              "start": pl.Int64, "end": pl.Int64}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")
