"""How well the change of genes over a degradation time course is predicted ("acc_hl").

Within a group of tracks (the samples of one cell line in one study) genes are normalised to the
same distribution in each track, and each gene's mean is taken away: what is left says in which
samples a gene is higher than in the others, which in a time course is how fast it decays.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.gene_matrices import (
    TOLD,
    GeneMatrix,
    check_same_axes,
    explained_variance,
    track_deviations,
)
from seqcast.evaluation.metrics.correlations import LEAST_ROWS, pearson, spearman

SOURCE = "recount3"  # of the published tracks that have groups
SCHEMA = {
    "identifier": pl.String, "group_identifier": pl.String, "pearsonr_norm": pl.Float64,
    "spearmanr_norm": pl.Float64, "r2_norm": pl.Float64, "description": pl.String,
    "status": pl.String, "genes": pl.Int64,
}  # fmt: skip
VALID, NO_GROUP, ALONE = "valid", "no_group", "group_of_one_track"
CONSTANT_TARGETS, CONSTANT_PREDICTIONS = "constant_measurements", "constant_predictions"

Score = tuple[float | None, float | None, float | None, str]


class GroupFiles(NamedTuple):
    """Coverage of genes, predicted and measured, and the targets table that groups its tracks."""

    gene_preds: str | Path
    gene_targets: str | Path
    targets: str | Path


def evaluate_half_lives(files: GroupFiles, output: str | Path, compat: str | None) -> None:
    """Write how well the change of genes within groups of tracks is predicted ("acc_hl").

    Parameters
    ----------
    files : GroupFiles
        See `evaluate_coverage` and `read_groups`.
    output : path
        TSV of `half_life_accuracy`. Where the targets table has no groups, no track has numbers.
    compat : str or None
        "borzuki": in float32, as the original.
    """
    predictions, targets = GeneMatrix.read(files.gene_preds), GeneMatrix.read(files.gene_targets)
    groups = _groups(files.targets)
    write_tsv(half_life_accuracy(predictions, targets, groups, compat is not None), output)


def read_groups(path: str | Path) -> pl.DataFrame:
    """Groups of the tracks of a targets table.

    Parameters
    ----------
    path : path
        As published. A column ``group``, if there is one, names the groups. Otherwise tracks
        with source ``recount3`` have groups: study (the folder after ``recount3/`` in ``file``)
        and cell (of the description's first word, ended by a space or "_", what follows its last
        ":").

    Returns
    -------
    DataFrame
        identifier, description, group (null: none).

    Raises
    ------
    InputError
        If columns are missing, or a file of recount3 does not name its study.

    Notes
    -----
    borzoi-paper at ec33b15, notebook calc_hl_spec.
    """
    table = read_cells(path, "a table of tracks")
    needed = ["identifier", "description"]
    if "group" not in table.columns:
        needed += ["source", "file"]
    if missing := [name for name in needed if name not in table.columns]:
        raise InputError(
            f"{path}: columns {missing} are missing; found {table.columns}. Give a column 'group' "
            "that names the time course of each track, empty for the others."
        )
    groups = (
        [name or None for name in table["group"]]
        if "group" in table.columns
        else [_published_group(row, path) for row in table.iter_rows(named=True)]
    )
    return table.select("identifier", pl.col("description").fill_null("")).with_columns(
        pl.Series("group", groups, dtype=pl.String)
    )


def _groups(path: str | Path) -> pl.DataFrame:
    """`read_groups`, none where the table has no columns that could tell them."""
    table = read_cells(path, "a table of tracks")
    if "group" in table.columns or {"source", "file"} <= set(table.columns):
        return read_groups(path)
    return table.select("identifier", pl.col("description").fill_null("")).with_columns(
        group=pl.lit(None, dtype=pl.String)
    )


def half_life_accuracy(
    predictions: GeneMatrix, targets: GeneMatrix, groups: pl.DataFrame, compat: bool = False
) -> pl.DataFrame:
    """Agreement of predicted and measured deviations from a gene's mean over its group.

    Parameters
    ----------
    predictions, targets : GeneMatrix
        Of the same genes and tracks.
    groups : DataFrame
        As of `read_groups`; rows of other tracks are not used.
    compat : bool
        Compute in float32 as the notebook did, which makes or breaks ties of a few genes
        (Spearman's changes by up to 0.001). Otherwise in float64.

    Returns
    -------
    DataFrame
        `SCHEMA`: one row per track, groups in the order of their first track, tracks without one
        last. ``r2_norm`` is the explained variance. A track without numbers has a status: no
        group, alone in its group, or deviations (measured or predicted) without variance.

    Raises
    ------
    InputError
        If genes or tracks differ, fewer than `LEAST_ROWS` genes are there, or `groups` lacks a
        track.
    """
    check_same_axes(predictions, targets)
    if len(targets.genes) < LEAST_ROWS:
        raise InputError(
            f"{len(targets.genes)} genes; expected {LEAST_ROWS} or more. Evaluate more windows."
        )
    known = {name: (group, said) for name, said, group in groups.iter_rows()}
    if lost := [name for name in targets.identifiers.tolist() if name not in known][:TOLD]:
        raise InputError(
            f"the table of groups lacks tracks {lost}; expected every evaluated track. Give the "
            "targets table that the genes were evaluated with."
        )
    members: dict[str | None, list[str]] = {}
    for name in targets.identifiers.tolist():
        members.setdefault(known[name][0], []).append(name)
    rows: list[tuple] = []
    for group, names in sorted(members.items(), key=lambda item: item[0] is None):
        if group is None or len(names) == 1:
            status = NO_GROUP if group is None else ALONE
            scores: list[Score] = [(None, None, None, status)] * len(names)
        else:
            scores = _group_scores(predictions.columns(names), targets.columns(names), compat)
        told = [known[name][1] for name in names]
        rows += [
            (name, group, *score[:3], said, score[3], len(targets.genes))
            for name, said, score in zip(names, told, scores, strict=True)
        ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _group_scores(predictions: np.ndarray, targets: np.ndarray, compat: bool) -> list[Score]:
    """Pearson, Spearman, explained variance and status of the tracks of a group."""
    guess, truth = track_deviations(predictions, compat), track_deviations(targets, compat)
    explained = explained_variance(truth, guess)
    if compat:  # float32 sums depend on their order: one column at a time, as the notebook
        from sklearn.metrics import explained_variance_score  # here, as it takes a second

        varies = ~np.isnan(explained)
        columns = [explained_variance_score(*pair) for pair in zip(truth.T, guess.T, strict=True)]
        explained = np.where(varies, columns, np.nan)
    rows: list[Score] = []
    for r, rho, share in zip(pearson(guess, truth), spearman(guess, truth), explained, strict=True):
        if np.isnan(share):
            rows.append((None, None, None, CONSTANT_TARGETS))
        elif np.isnan(r):
            rows.append((None, None, float(share), CONSTANT_PREDICTIONS))
        else:
            rows.append((float(r), float(rho), float(share), VALID))
    return rows


def _published_group(row: Mapping[str, str | None], path: str | Path) -> str | None:
    """Study and cell of a track of recount3, null for others."""
    if row["source"] != SOURCE:
        return None
    _, found, rest = (row["file"] or "").partition(f"{SOURCE}/")
    study = rest.split("/")[0]
    words = (row["description"] or "").replace("_", " ").split()
    if not found or not study or not words:
        raise InputError(
            f"{path}: track {row['identifier']!r} of {SOURCE} has file {row['file']!r} and "
            f"description {row['description']!r}; expected .../{SOURCE}/<study>/... and a "
            "description. Give a column 'group' in its place."
        )
    return f"{study}:{words[0].split(':')[-1]}"
