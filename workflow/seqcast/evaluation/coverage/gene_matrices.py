"""Matrices of genes and tracks: reading, quantile normalisation, agreement of their columns.

A value is log2(1 + coverage) of a gene in a track, predicted or measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_table
from seqcast.core.text_files import read_cells
from seqcast.evaluation.metrics.correlations import varying

TOLD = 5  # of a list in a message
OF_PLUS_TRACK = "in_the_plus_track"  # why a minus track has no numbers of genes
DECIMALS = 9  # of a deviation; what lies below is rounding of log2 values


@dataclass(frozen=True)
class GeneMatrix:
    """Values of genes in tracks.

    Attributes
    ----------
    genes : ndarray of str, shape=(genes,)
        Each once.
    identifiers : ndarray of str, shape=(tracks,)
        Each once.
    values : ndarray of float64, shape=(genes, tracks)
        log2(1 + coverage), finite.
    """

    genes: np.ndarray
    identifiers: np.ndarray
    values: np.ndarray

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a table of genes: the first column their ids, then one column per track.

        Parameters
        ----------
        path : path
            Tab-separated, plain or gzip, as ``gene_preds.tsv`` of borzoi_test_genes.py, or
            parquet.

        Raises
        ------
        InputError
            If the file is not readable, has no genes or no tracks, names a gene or a track twice,
            or holds a value that is no finite number.
        """
        path = Path(path)
        try:
            table = (
                read_table(path)
                if path.suffix == ".parquet"
                else read_cells(path, "a table of genes")
            )
        except (FileNotFoundError, OSError, pl.exceptions.PolarsError) as error:
            raise InputError(f"{path}: not readable as a table of genes ({error})") from error
        return cls.of_table(table, path)

    @classmethod
    def of_table(cls, table: pl.DataFrame, source: str | Path = "table of genes") -> Self:
        """Take the first column as ids of genes, every other as a track; see `read`."""
        if table.height == 0 or table.width < 2:
            raise InputError(
                f"{source} has {table.height} rows and {table.width} columns; expected one "
                "row per gene, its id in the first column and one column per track"
            )
        numbers = table[:, 1:].cast(pl.Float64, strict=False).to_numpy()
        genes = table[:, 0].cast(pl.String).fill_null("").to_numpy().astype(str)
        identifiers = np.array(table.columns[1:])
        for what, names in (("gene", genes), ("track", identifiers)):
            found, counts = np.unique(names, return_counts=True)
            if twice := found[counts > 1][:TOLD].tolist():
                raise InputError(f"{source} names {what} {twice} more than once; expected once")
        if bad := np.argwhere(~np.isfinite(numbers)).tolist():
            gene, track = bad[0]
            raise InputError(
                f"{source}: {table[gene, track + 1]!r} of gene {str(genes[gene])!r} in track "
                f"{table.columns[track + 1]!r}; expected a finite number in each column. Leave "
                f"out genes without a value ({len(bad)} such values)."
            )
        return cls(genes, identifiers, numbers)

    def table(self) -> pl.DataFrame:
        """One row per gene: gene_id, then one column per track."""
        columns = {name: self.values[:, i] for i, name in enumerate(self.identifiers)}
        return pl.DataFrame({"gene_id": self.genes.tolist(), **columns})

    def columns(self, identifiers: Sequence[str]) -> np.ndarray:
        """Values of some tracks, (genes, tracks); each is one of `identifiers`."""
        place = {name: i for i, name in enumerate(self.identifiers)}
        return self.values[:, [place[name] for name in identifiers]]


def check_same_axes(predictions: GeneMatrix, targets: GeneMatrix) -> None:
    """Stop unless two matrices are of the same genes and tracks, in the same order.

    Raises
    ------
    InputError
        With the first that differ.
    """
    for what in ("genes", "identifiers"):
        ours, theirs = getattr(predictions, what).tolist(), getattr(targets, what).tolist()
        if ours != theirs:
            first = sorted(set(ours) ^ set(theirs))[:TOLD]
            told = f"{first} are in one only" if first else "their order differs"
            raise InputError(
                f"predictions have {len(ours)} {what}, measurements {len(theirs)}: {told}; "
                "expected the same. Take both from one evaluation."
            )


def ensemble(replicates: Sequence[GeneMatrix], coverage: bool = False) -> GeneMatrix:
    """Mean over models that were trained on the same folds.

    Parameters
    ----------
    replicates : sequence of GeneMatrix
        Of the same genes and tracks, each of a model of its own.
    coverage : bool
        Average coverage instead of its logarithm.

    Raises
    ------
    InputError
        If genes or tracks differ, or two are equal: one model taken twice is no ensemble, as
        happens in the original, which reads the folder of the first model for each replicate.
    """
    if not replicates:
        raise InputError("no replicate to average; expected one model or more")
    for i, one in enumerate(replicates):
        for j, other in enumerate(replicates[:i]):
            check_same_axes(one, other)
            if (one.values == other.values).all():
                raise InputError(
                    f"replicates {j + 1} and {i + 1} predict the same; expected different models. "
                    "Check that each is read from its own folder."
                )
    first = replicates[0]
    mean = np.mean([2**one.values if coverage else one.values for one in replicates], axis=0)
    mean = np.log2(mean) if coverage else mean
    return GeneMatrix(first.genes, first.identifiers, mean)


def quantile_normalise(values: np.ndarray, single: bool = False) -> np.ndarray:
    """Give every column the distribution of the mean column.

    Parameters
    ----------
    values : ndarray, shape=(genes, tracks)
        Finite.
    single : bool
        Round the input and the result to float32.

    Returns
    -------
    ndarray of float64 (float32 if `single`, then column by column in memory), shape as `values`
        The k-th smallest value of a column becomes the mean of the k-th smallest of all columns;
        equal values of a column share the mean of theirs, as qnorm's ``quantile_normalize`` has it.
    """
    dtype = np.float32 if single else np.float64
    ordered = np.sort(np.asarray(values, dtype=dtype).astype(np.float64), axis=0)
    target = ordered.mean(axis=1)
    until = np.concatenate([[0.0], np.cumsum(target)])
    normal = np.empty(ordered.shape, dtype, order="F")
    for column in range(ordered.shape[1]):
        _, place, members = np.unique(
            np.asarray(values[:, column], dtype=dtype), return_inverse=True, return_counts=True
        )
        end = np.cumsum(members)
        shared = np.where(
            members == 1, target[end - 1], (until[end] - until[end - members]) / members
        )
        normal[:, column] = shared[place].reshape(-1)
    return normal


def track_deviations(values: np.ndarray, single: bool = False) -> np.ndarray:
    """Normalised values less each gene's mean: by how much a track differs from the others.

    Parameters
    ----------
    values : ndarray, shape=(genes, tracks)
    single : bool
        See `quantile_normalise`; otherwise rounded to `DECIMALS`, so that genes that are alike
        but for rounding are equal.
    """
    normal = quantile_normalise(values, single)
    deviations = normal - normal.mean(axis=1, keepdims=True)
    return deviations if single else np.round(deviations, DECIMALS)


def explained_variance(truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """1 - variance(truth - guess) / variance(truth) of the columns; NaN where truth is constant.

    A constant shift of the guess costs nothing, unlike in R2.
    """
    truth, guess = np.asarray(truth, np.float64), np.asarray(guess, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = 1 - (truth - guess).var(axis=0) / truth.var(axis=0)
    return np.where(varying(truth), share, np.nan)
