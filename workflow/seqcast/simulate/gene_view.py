"""One simulated gene with its elements and its coverage, read back from the files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pybigtools

from seqcast.core.errors import InputError

MARGIN_BP = 200  # at each side of the gene: the promoter's elements and the downstream one
GTF_COLUMNS = ("chrom", "source", "feature", "start", "end", "score", "strand", "frame", "text")


@dataclass(frozen=True)
class GeneView:
    """What lies in an interval around a gene; all coordinates on the contig, 0-based half-open.

    Attributes
    ----------
    gene_id, gene_name, chrom, strand : str
    start, end : int
        The interval.
    exons, coding : tuple of (int, int)
        Exons of the longest transcript, and the parts of them that code.
    cleavage : dict of str to int
        Position of the last transcribed base, by poly(A) site: distal, and proximal if there is
        one.
    elements : DataFrame
        Rows of ``elements.tsv``.
    tracks : dict of str to ndarray, shape=(end - start,)
        Coverage on the gene's strand by the tracks' description.
    """

    gene_id: str
    gene_name: str
    chrom: str
    strand: str
    start: int
    end: int
    exons: tuple[tuple[int, int], ...]
    coding: tuple[tuple[int, int], ...]
    cleavage: dict[str, int]
    elements: pl.DataFrame
    tracks: dict[str, np.ndarray]


def read_gene_view(folder: str | Path, gene_id: str | None = None) -> GeneView:
    """Read one gene of a simulated genome.

    Parameters
    ----------
    folder : path
        As `simulate_genome` wrote it, measured.
    gene_id : str, optional
        By default the gene with two poly(A) sites that has the most kinds of elements in its 3'
        UTR; the first of several.

    Raises
    ------
    InputError
        If the folder lacks a file, or the gene is unknown.
    """
    folder = Path(folder)
    tables = {name: _table(folder, name) for name in ("genes", "transcripts", "elements")}
    gene = _gene(folder, tables, gene_id)
    start, end = max(gene["start"] - MARGIN_BP, 0), gene["end"] + MARGIN_BP
    pieces = _pieces(folder / "annotation.gtf", tables["transcripts"], gene["gene_id"])
    end_column = "end" if gene["strand"] == "+" else "start"
    transcripts = tables["transcripts"].filter(gene_id=gene["gene_id"])
    return GeneView(
        gene_id=gene["gene_id"],
        gene_name=gene["gene_name"],
        chrom=gene["chrom"],
        strand=gene["strand"],
        start=start,
        end=end,
        exons=pieces["exon"],
        coding=pieces["CDS"],
        cleavage={
            site: place - (gene["strand"] == "+")
            for site, place in transcripts.select("poly_a_site", end_column).iter_rows()
        },
        elements=tables["elements"].filter(gene_id=gene["gene_id"]),
        tracks=dict(_tracks(folder, gene["chrom"], gene["strand"], start, end)),
    )


def _table(folder: Path, name: str) -> pl.DataFrame:
    path = folder / f"{name}.tsv"
    if not path.exists():
        raise InputError(
            f"{path} is missing; expected the folder of a simulated genome with its coverage. "
            "Simulate it with measurements."
        )
    return pl.read_csv(path, separator="\t")


def _gene(folder: Path, tables: Mapping[str, pl.DataFrame], gene_id: str | None) -> dict[str, Any]:
    """Return the row of ``genes.tsv`` that is asked for, or the richest."""
    genes = tables["genes"]
    if gene_id is not None:
        if genes.filter(gene_id=gene_id).is_empty():
            raise InputError(
                f"{folder} has no gene {gene_id}; it has {genes.height}, such as "
                f"{genes['gene_id'][0]}. Give the identifier with its version."
            )
        return genes.row(by_predicate=pl.col("gene_id") == gene_id, named=True)
    kinds = tables["elements"].filter(pl.col("region") == "utr3").group_by("gene_id").agg(
        kinds=pl.col("element").n_unique()
    )  # fmt: skip
    ranked = genes.join(kinds, on="gene_id", maintain_order="left")
    ranked = ranked.sort("n_transcripts", "kinds", descending=True, maintain_order=True)
    return ranked.row(0, named=True)


def _pieces(
    path: Path, transcripts: pl.DataFrame, gene_id: str
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return the exons and coding parts of the gene's longest transcript, sorted."""
    distal = transcripts.row(
        by_predicate=(pl.col("gene_id") == gene_id) & (pl.col("poly_a_site") == "distal"),
        named=True,
    )
    found: dict[str, list[tuple[int, int]]] = {"exon": [], "CDS": []}
    with path.open(encoding="utf-8") as file:
        for line in file:
            cells = dict(zip(GTF_COLUMNS, line.rstrip("\n").split("\t"), strict=False))
            if cells.get("feature") in found and distal["transcript_id"] in cells["text"]:
                found[cells["feature"]].append((int(cells["start"]) - 1, int(cells["end"])))
    return {feature: tuple(sorted(intervals)) for feature, intervals in found.items()}


def _tracks(
    folder: Path, chrom: str, strand: str, start: int, end: int
) -> list[tuple[str, np.ndarray]]:
    """Return the tracks of a strand: description and values of [start, end)."""
    tracks = []
    rows = _table(folder, "targets").filter(pl.col("strand") == strand)
    for description, file in rows.select("description", "file").iter_rows():
        with pybigtools.open(str(folder / file)) as reader:
            tracks.append((description, reader.values(chrom, start, end, fillna=0)))
    return tracks
