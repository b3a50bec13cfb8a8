"""Measured half-lives of genes from the coverage that a model predicts for them.

A ridge regression from a few means of tracks to "PC1", the first principal component of many
half-life studies (Agarwal and Kelley 2022, doi 10.1186/s13059-022-02811-x): how much of what
decides a half-life the predicted coverage holds.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from seqcast.core.errors import InputError
from seqcast.core.store import read_tsv, write_tsv
from seqcast.core.text_files import read_cells
from seqcast.datasets.coverage.fold_names import without_training
from seqcast.evaluation.coverage.gene_matrices import TOLD, GeneMatrix, ensemble
from seqcast.evaluation.metrics.bootstrap import RESAMPLES
from seqcast.evaluation.metrics.regression import regression_metrics
from seqcast.evaluation.metrics.table import with_keys
from seqcast.genome.annotation import gene_key
from seqcast.genome.tracks import compiled

PENALTY = 0.1  # alpha of the published ridge
PARTS = 5
RUNS = 2 * PARTS  # of neighbouring genes, where contigs are too few to keep apart
FEWEST_GENES = 10
GENE_COLUMN, VALUE_COLUMN = "ensembl_gene_id", "human_PC1"
VALID, NO_HALF_LIFE, NO_NUMBER = "valid", "no_half_life", "half_life_not_a_number"
ALL = "all"


class SalukiFiles(NamedTuple):
    """What half-lives are predicted from.

    Attributes
    ----------
    half_lives : path
        See `read_half_lives`.
    features : path
        See `read_features`.
    gene_preds, genes, tracks : tuple of path
        What `evaluate_coverage` wrote, one per fold.
    """

    half_lives: str | Path
    features: str | Path
    gene_preds: tuple[str | Path, ...]
    genes: tuple[str | Path, ...]
    tracks: tuple[str | Path, ...]


class HalfLifeFiles(NamedTuple):
    """TSV files of `predict_half_lives` and `half_life_metrics`."""

    predictions: str | Path
    metrics: str | Path


def predict_saluki(
    files: SalukiFiles, outputs: HalfLifeFiles, folds: Sequence[str],
    options: Mapping[str, Any], seed: int = 0,
) -> None:  # fmt: skip
    """Predict measured half-lives of genes from the coverage that the folds of a model predict.

    Parameters
    ----------
    files : SalukiFiles
        Lists in the order of `folds`.
    outputs : HalfLifeFiles
    folds : sequence of str
        Names. Trainings of one fold, as f3c0 and f3c1, are averaged and count as fold f3.
    options : mapping
        ``compat``; ``half_life_columns``, names of the table's columns with genes and half-lives.
    seed : int
        Of the bootstrap intervals.

    Raises
    ------
    InputError
        See `predict_half_lives` and `feature_means`.
    """
    compat = options["compat"] is not None
    gene_column, value_column = options["half_life_columns"]
    labels = read_half_lives(files.half_lives, gene_column, value_column, compat)
    features = fold_features(files, folds)
    tested = [matrix.genes.tolist() for matrix in features.values()]
    groups = neighbour_groups(files.genes[0], tested)
    predictions = predict_half_lives(features, labels, groups, compat)
    write_tsv(predictions, outputs.predictions)
    write_tsv(half_life_metrics(predictions, seed=seed), outputs.metrics)


def fold_features(files: SalukiFiles, folds: Sequence[str]) -> dict[str, GeneMatrix]:
    """Features of the genes of each fold, mean of its trainings; see `predict_saluki`."""
    patterns = read_features(files.features)
    replicates: dict[str, list[GeneMatrix]] = {}
    for fold, values, tracks in zip(folds, files.gene_preds, files.tracks, strict=True):
        described = dict(read_tsv(tracks).select("identifier", "description").iter_rows())
        matrix = GeneMatrix.read(values)
        replicates.setdefault(without_training(fold), []).append(
            feature_means(matrix, described, patterns)
        )
    return {name: ensemble(several) for name, several in replicates.items()}


def neighbour_groups(path: str | Path, folds: Sequence[Sequence[str]]) -> dict[str, str]:
    """Groups of genes that are not parted between fit and test: those of a contig.

    Where the genes of a fold are on fewer contigs than the cross-validation has parts, each contig
    is cut into runs of neighbours, in the order of the annotation. Runs are numbered over the genes
    of all folds, so that a name means the same genes in each: "all" resamples them together.

    Parameters
    ----------
    path : path
        TSV of `GeneAccuracy.genes`, of any fold: all have the genes of the annotation.
    folds : sequence of sequences of str
        The genes that have coverage, of each fold.
    """
    table = read_tsv(path)
    of_folds = [table.filter(pl.col("gene_id").is_in(list(genes))) for genes in folds]
    kept = table.filter(pl.col("gene_id").is_in(list({gene for genes in folds for gene in genes})))
    if min(genes["chrom"].n_unique() for genes in of_folds) >= PARTS:
        return dict(kept.select("gene_id", "chrom").iter_rows())
    size = max(1, min(genes.height for genes in of_folds) // RUNS)
    run = pl.int_range(pl.len()).over("chrom") // size
    return dict(kept.select("gene_id", pl.format("{}:{}", "chrom", run)).iter_rows())


def read_features(path: str | Path) -> dict[str, str]:
    """Names of features and the patterns of their tracks, of a table with columns name, pattern.

    Raises
    ------
    InputError
        If the table is not readable, lacks a column or a cell, is empty, or names a feature twice.
    """
    table = _read(path, ["name", "pattern"])
    names = table["name"].to_list()
    if not names or len(set(names)) < len(names) or not all(map(all, table.iter_rows())):
        raise InputError(
            f"{path} names the features {names}; expected one or more, each once, with a pattern"
        )
    return dict(zip(names, table["pattern"].to_list(), strict=True))


def read_half_lives(
    path: str | Path, gene_column: str = GENE_COLUMN, value_column: str = VALUE_COLUMN,
    compat: bool = False,
) -> dict[str, float]:  # fmt: skip
    """Half-lives by gene id without version; NaN where a cell is empty or no number.

    Parameters
    ----------
    path : path
        Tab-separated, such as ``all_HLs_human_PC1.txt`` of Saluki (zenodo 6326409).
    gene_column, value_column : str
    compat : bool
        The last value of a repeated gene counts, as in the original.

    Raises
    ------
    InputError
        If the table is not readable, lacks a column, or (without `compat`) has two values of a
        gene.
    """
    table = _read(path, [gene_column, value_column])
    numbers = table[value_column].cast(pl.Float64, strict=False).fill_null(np.nan).to_list()
    found: dict[str, float] = {}
    for gene, value in zip(map(gene_key, table[gene_column].fill_null("")), numbers, strict=True):
        if gene in found and not compat:
            raise InputError(
                f"{path} has gene {gene!r} more than once; expected one half-life each"
            )
        found[gene] = value
    return found


def feature_means(
    matrix: GeneMatrix, descriptions: Mapping[str, str], features: Mapping[str, str]
) -> GeneMatrix:
    """Mean log2 coverage of genes over the tracks of each feature.

    Parameters
    ----------
    matrix : GeneMatrix
        Predicted.
    descriptions : mapping
        Identifier of a track to its description.
    features : mapping
        Name to regular expression, searched for anywhere in the description.

    Returns
    -------
    GeneMatrix
        Genes and features.

    Raises
    ------
    InputError
        If a pattern is broken or matches no track, or a track has no description.
    """
    if lost := [name for name in matrix.identifiers.tolist() if name not in descriptions][:TOLD]:
        raise InputError(f"tracks {lost} have no description; expected one for each track")
    means = []
    for name, pattern in features.items():
        wanted = compiled(pattern, f"the pattern of feature {name!r}, ")
        members = [t for t in matrix.identifiers.tolist() if wanted.search(descriptions[t])]
        if not members:
            raise InputError(
                f"pattern {pattern!r} of feature {name!r} matches the description of none of "
                f"{len(matrix.identifiers)} tracks; expected one or more. Fix or leave out the "
                "feature."
            )
        means.append(matrix.columns(members).mean(axis=1))
    return GeneMatrix(matrix.genes, np.array(list(features)), np.stack(means, axis=1))


def predict_half_lives(
    folds: Mapping[str, GeneMatrix], half_lives: Mapping[str, float],
    groups: Mapping[str, str] | None = None, compat: bool = False, penalty: float = PENALTY,
    parts: int = PARTS,
) -> pl.DataFrame:  # fmt: skip
    """Predict the half-life of each gene from its features.

    Parameters
    ----------
    folds : mapping
        Name of a fold to the features of its test genes. Features of different trainings are not
        mixed: each fold has regressions of its own.
    half_lives : mapping
        As of `read_half_lives`.
    groups : mapping, optional
        Gene id to a group that is not parted, such as the contig or a family of paralogues. With
        `compat` not used.
    compat : bool
        Fit and predict the same genes, as published (``fit_hl_saluki_pc1``). Otherwise a gene is
        predicted by a regression that saw no gene of its group: `parts`-fold cross-validation.
    penalty : float
    parts : int

    Returns
    -------
    DataFrame
        fold, gene_id, group, part (of the cross-validation), label, prediction, status: one row per
        gene and fold. Genes without a half-life, which the regression does not see, have no
        prediction.

    Raises
    ------
    InputError
        If a fold has fewer than `FEWEST_GENES` genes with a half-life, groups are missing, or a
        fold has fewer groups than parts.

    Notes
    -----
    borzoi-paper at ec33b15.
    """
    if groups is None and not compat:
        raise InputError(
            "no groups of genes are given; expected the group of each gene, such as its contig, "
            "since related genes in training and test flatter the result"
        )
    tables = []
    for fold, features in folds.items():
        genes = features.genes.tolist()
        if groups is not None and (lost := [gene for gene in genes if gene not in groups][:TOLD]):
            raise InputError(f"genes {lost} of {fold} have no group; expected one for each gene")
        labels = np.array([half_lives.get(gene_key(gene), np.nan) for gene in genes])
        known = np.isfinite(labels)
        if known.sum() < FEWEST_GENES:
            raise InputError(
                f"{known.sum()} of {len(genes)} genes of {fold} have a half-life; expected "
                f"{FEWEST_GENES} or more. Check that both tables name genes alike, as "
                f"{genes[:2]} and {list(half_lives)[:2]}."
            )
        of_gene = None if compat or groups is None else np.array([groups[gene] for gene in genes])
        found, part = np.full(len(genes), np.nan), np.full(len(genes), -1)
        for number, (train, test) in enumerate(_rounds(known, of_gene, parts, fold)):
            ridge = Ridge(alpha=penalty).fit(features.values[train], labels[train])
            found[test], part[test] = ridge.predict(features.values[test]), number
        tables.append(_gene_rows(fold, features, groups, labels, found, part, half_lives))
    return pl.concat(tables)


def half_life_metrics(
    predictions: pl.DataFrame, resamples: int = RESAMPLES, seed: int = 0
) -> pl.DataFrame:
    """Agreement with intervals, for each fold and over all.

    Parameters
    ----------
    predictions : DataFrame
        As of `predict_half_lives`.
    resamples, seed : int
        See `regression_metrics`; resamples draw whole groups if there are groups.

    Returns
    -------
    DataFrame
        fold ("all" last, if there are several), then the columns of `regression_metrics`.
    """
    folds = predictions["fold"].unique(maintain_order=True).to_list()
    tables = []
    for fold in [*folds, ALL] if len(folds) > 1 else folds:
        rows = predictions if fold == ALL else predictions.filter(fold=fold)
        groups = None if rows["group"].has_nulls() else rows["group"].to_list()
        labels, found = rows["label"].to_numpy(), rows["prediction"].to_numpy()
        table = regression_metrics(labels, found, resamples, seed, ["half_life"], groups)
        tables.append(with_keys(table.drop("output"), fold=fold))
    return pl.concat(tables)


def _rounds(
    known: np.ndarray, groups: np.ndarray | None, parts: int, fold: str
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to fit and to predict, of genes with a half-life: all and all without groups."""
    rows = np.flatnonzero(known)
    if groups is None:
        return [(rows, rows)]
    kinds = len(set(groups[rows].tolist()))
    if not 2 <= parts <= kinds:
        raise InputError(
            f"{parts} parts for {kinds} groups of genes in {fold}; expected at least 2 parts and "
            "as many groups. Give smaller groups or fewer parts."
        )
    split = GroupKFold(parts).split(rows, groups=groups[rows])
    return [(rows[train], rows[test]) for train, test in split]


def _gene_rows(
    fold: str, features: GeneMatrix, groups: Mapping[str, str] | None, labels: np.ndarray,
    found: np.ndarray, part: np.ndarray, half_lives: Mapping[str, float],
) -> pl.DataFrame:  # fmt: skip
    genes = features.genes.tolist()
    status = [
        VALID if np.isfinite(label) else NO_NUMBER if gene_key(gene) in half_lives else NO_HALF_LIFE
        for gene, label in zip(genes, labels, strict=True)
    ]
    return pl.DataFrame(
        {
            "fold": [fold] * len(genes),
            "gene_id": genes,
            "group": pl.Series([groups[g] if groups else None for g in genes], dtype=pl.String),
            "part": pl.Series([int(p) if p >= 0 else None for p in part], dtype=pl.Int64),
            "label": pl.Series(np.where(np.isfinite(labels), labels, np.nan)).fill_nan(None),
            "prediction": pl.Series(found).fill_nan(None),
            "status": status,
        }
    )


def _read(path: str | Path, columns: Sequence[str]) -> pl.DataFrame:
    """Columns of a tab-separated table as text."""
    return read_cells(path, "a table of text", columns=columns).select(columns)
