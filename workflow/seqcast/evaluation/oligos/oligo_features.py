"""Means of the scores of oligos over groups of tracks, shifts and folds, by key.

An oligo has one row per context: what each shift and each fold says of the gene of that context is
averaged, and taken from rows of the same names, wherever they stand in their tables.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import array_values, read_table
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.evaluation.coverage.saluki import feature_means
from seqcast.genome.annotation import gene_key

SCORED = "scored"
INCOMPLETE = "not_in_each_fold_and_shift"
KEYS = ["oligo", "context"]


class OligoFeatures(NamedTuple):
    """Features of oligos in contexts.

    Attributes
    ----------
    rows : DataFrame
        oligo, context, status: `SCORED`, or why a fold or shift has no score.
    values : ndarray of float64, shape=(rows, features)
        NaN in rows that are not scored.
    """

    rows: pl.DataFrame
    values: np.ndarray

    def of(self, oligos: Sequence[str], context: str) -> np.ndarray:
        """Values of oligos in a context, (oligos, features); NaN if there are none."""
        numbered = self.rows.with_row_index("at").filter(context=context)
        at = dict(numbered.select("oligo", "at").iter_rows())
        absent = len(self.values)
        padded = np.vstack([self.values, np.full((1, self.values.shape[1]), np.nan)])
        return padded[[at.get(oligo, absent) for oligo in oligos]]


def oligo_features(
    folds: Sequence[str | Path], descriptions: Mapping[str, str], features: Mapping[str, str],
    genes: Mapping[str, str | None], score: str = "logSED", half: bool = False,
) -> OligoFeatures:  # fmt: skip
    """Features of the oligos of one dataset.

    Parameters
    ----------
    folds : sequence of path
        Tables of `score_oligos`, one per fold and replicate.
    descriptions : mapping
        Identifiers of the tracks to their descriptions, in the order of the scores.
    features : mapping
        As of `saluki.read_features`.
    genes : mapping
        Context to the gene whose score counts; None if the tables have one alone.
    score : str
    half : bool
        Round each score to float16 first, as sed.h5 has it.

    Raises
    ------
    InputError
        If a pattern matches no track, or a context has scores of several genes.
    """
    identifiers = np.array(list(descriptions))
    keys, values = [], []
    for path in folds:
        table = read_table(path, [*KEYS, "shift_bp", "gene_id", "status", score])
        table = table.filter(_is_wanted(table, genes))
        found, _ = array_values(table[score])
        if half:
            found = found.astype(np.float16).astype(np.float64)
        matrix = GeneMatrix(np.arange(len(found)).astype(str), identifiers, found)
        values.append(feature_means(matrix, descriptions, features).values)
        keys.append(table.select(*KEYS, "shift_bp", "status"))
    return _averaged(pl.concat(keys), np.concatenate(values), len(folds))


def _is_wanted(table: pl.DataFrame, genes: Mapping[str, str | None]) -> pl.Series:
    """Rows of the gene of their context, and those of no gene, which have a status."""
    pairs = table.select("context", "gene_id").unique().iter_rows()
    wanted = {
        (context, gene)
        for context, gene in pairs
        if gene is None
        or not genes.get(context)
        or gene_key(gene) == gene_key(genes[context] or "")
    }
    found = [pair in wanted for pair in table.select("context", "gene_id").iter_rows()]
    return pl.Series(found, dtype=pl.Boolean)


def _averaged(keys: pl.DataFrame, values: np.ndarray, folds: int) -> OligoFeatures:
    """Means over the rows of each oligo and context."""
    expected = folds * keys["shift_bp"].n_unique()
    numbered = keys.with_columns(pair=pl.struct(KEYS).rank("dense") - 1)
    rows = (
        numbered.group_by("pair", maintain_order=True)
        .agg(
            *(pl.first(name) for name in KEYS),
            n=pl.len(),
            problem=pl.col("status").filter(pl.col("status") != SCORED).first(),
        )
        .with_columns(place=pl.int_range(pl.len()))
    )
    if several := rows.filter(pl.col("n") > expected).head(1).rows(named=True):
        raise InputError(
            f"oligo {several[0]['oligo']} in context {several[0]['context']} has "
            f"{several[0]['n']} scores of {expected} folds and shifts; expected those of one gene. "
            "Name it in the column gene_id of the table of contexts."
        )
    place = numbered.join(rows.select("pair", "place"), on="pair", maintain_order="left")["place"]
    sums = np.zeros((rows.height, values.shape[1]))
    np.add.at(sums, place.to_numpy(), values)
    complete = pl.when(pl.col("n") == expected).then(pl.lit(SCORED)).otherwise(pl.lit(INCOMPLETE))
    rows = rows.select(*KEYS, status=pl.coalesce("problem", complete))
    scored = (rows["status"] == SCORED).to_numpy()
    return OligoFeatures(rows, np.where(scored[:, None], sums / expected, np.nan))
