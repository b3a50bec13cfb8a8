"""Which variants and genes are alike, so that the scores of one say what to expect of another."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.gene_parts import gene_parts
from seqcast.predict.variants.gene_bins import distance_to_tss_bp

CODING, NONCODING = "coding", "noncoding"  # classes of genes
CLASSES = {"gene_class": pl.String, "consequence": pl.String, "distance_class": pl.String}
# Classes that a score is compared within, the narrowest first; the last one has all nulls.
LEVELS = (tuple(CLASSES), ("gene_class", "consequence"), ("consequence",), ())
EVERY = "all"
PLACE = ("pos", "ref", "alt", "gene_id", "distance_to_tss_bp")


def classify(
    rows: pl.DataFrame, annotation: Annotation, distances_bp: Sequence[int]
) -> pl.DataFrame:
    """The class of each row of a table of scores.

    Parameters
    ----------
    rows : DataFrame
        `PLACE`; with a column ``consequence``, as scores of mRNAs have it, that one is kept.
    annotation : Annotation
        The genes that were scored.
    distances_bp : sequence of int
        Limits of the classes of distance to the TSS, ascending.

    Returns
    -------
    DataFrame
        `CLASSES`, one row per row; null without a gene, or if none has this id.
    """
    of_id: dict[str, list[Gene]] = {}
    for gene in annotation.genes:
        of_id.setdefault(gene.gene_id, []).append(gene)
    parts = np.full(len(rows), None, dtype=object)
    classes = parts.copy()
    starts, ends = edited_bases(rows)
    distance = rows["distance_to_tss_bp"].to_numpy()
    groups = rows.select(at=pl.int_range(pl.len()), gene_id="gene_id").drop_nulls()
    for (gene_id,), found in groups.group_by("gene_id", maintain_order=True):
        at = found["at"].to_numpy()
        for gene, of_gene in _by_gene(of_id.get(str(gene_id), []), rows, distance, at):
            parts[of_gene] = gene_parts(gene, starts[of_gene], ends[of_gene])
            classes[of_gene] = CODING if gene.coding else NONCODING
    consequence = rows["consequence"] if "consequence" in rows.columns else parts
    return pl.DataFrame(
        {
            "gene_class": classes,
            "consequence": consequence,
            "distance_class": distance_classes(rows["distance_to_tss_bp"], distances_bp),
        },
        schema=CLASSES,
    )


def distance_classes(distance_bp: pl.Series, limits_bp: Sequence[int]) -> pl.Series:
    """Classes of distances by their magnitude, such as "1000-9999 bp"; null for null."""
    edges = np.array([0, *limits_bp])
    names = [f"{start}-{end - 1} bp" for start, end in pairwise(edges)] + [f"{edges[-1]}+ bp"]
    known = distance_bp.drop_nulls().abs().to_numpy()
    found = np.full(len(distance_bp), None, dtype=object)
    found[distance_bp.is_not_null().to_numpy()] = np.array(names, dtype=object)[
        np.searchsorted(edges, known, side="right") - 1
    ]
    return pl.Series(found, dtype=pl.String)


def edited_bases(rows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the bases that variants replace, 0-based half-open.

    Bases that REF and ALT begin with alike are not replaced; those of an insertion are none.
    """
    pairs = rows.select("pos", "ref", "alt").iter_rows()
    starts, ends = np.empty(len(rows), dtype=int), np.empty(len(rows), dtype=int)
    for i, (pos, ref, alt) in enumerate(pairs):
        alike = 0
        if len(ref) != len(alt):
            shortest = min(len(ref), len(alt))
            alike = next((k for k in range(shortest) if ref[k] != alt[k]), shortest)
        starts[i], ends[i] = pos - 1 + alike, pos - 1 + len(ref)
    return starts, ends


def class_name(level: Sequence[str], row: Sequence[str | None]) -> str:
    """A class in words: the values of the columns of its level, such as "coding, utr3"."""
    named = [value or "none" for name, value in zip(CLASSES, row, strict=True) if name in level]
    return ", ".join(named) or EVERY


class Members(NamedTuple):
    """Nulls of a class: magnitudes, ascending, and of how many variants they are."""

    values: np.ndarray
    variants: int


class Ladder:
    """Nulls of one score by class, at each of the `LEVELS`.

    Parameters
    ----------
    table : DataFrame
        ``row``, `CLASSES` and magnitudes.
    name : str
        Column of the magnitudes.
    least : int
        Variants that a class needs to count.
    """

    def __init__(self, table: pl.DataFrame, name: str, least: int) -> None:
        known = table.select(*CLASSES, "row", value=name).drop_nulls("value")
        self._levels = [
            {key: members for key, members in _by_class(known, level) if members.variants >= least}
            for level in LEVELS
        ]

    def narrowest(self, row: Sequence[str | None]) -> tuple[str, Members] | None:
        """Name and nulls of the narrowest class of a row of `CLASSES` that has enough of them."""
        of_column = dict(zip(CLASSES, row, strict=True))
        for level, members in zip(LEVELS, self._levels, strict=True):
            if found := members.get(tuple(of_column[name] for name in level)):
                return class_name(level, row), found
        return None


def _by_class(
    known: pl.DataFrame, level: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], Members]]:
    groups = known.group_by(level) if level else [((), known)]
    for key, group in groups:
        yield key, Members(np.sort(group["value"].to_numpy()), group["row"].n_unique())


def exceedance(below: np.ndarray, nulls: int) -> np.ndarray:
    """Fraction of nulls and the variant itself that are as large, of how many nulls are smaller."""
    found: np.ndarray = (nulls - below + 1) / (nulls + 1)
    return found


def _by_gene(
    genes: Sequence[Gene], rows: pl.DataFrame, distance: np.ndarray, at: np.ndarray
) -> list[tuple[Gene, np.ndarray]]:
    """Genes of one id, which may lie at two places, with the rows that are of each."""
    if len(genes) < 2:
        return [(gene, at) for gene in genes]
    positions = rows["pos"].to_numpy()[at] - 1
    apart = [
        [abs(distance_to_tss_bp(gene, int(position)) - given)
         for position, given in zip(positions, distance[at], strict=True)]
        for gene in genes
    ]  # fmt: skip
    nearest = np.argmin(apart, axis=0)
    return [(gene, at[nearest == i]) for i, gene in enumerate(genes)]
