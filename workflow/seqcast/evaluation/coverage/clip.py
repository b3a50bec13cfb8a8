"""How well models predict the binding of proteins to RNA (CLIP), by protein and cell line.

A track of CLIP is one whose description is ``CLIP:protein:cell line``.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_table
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.depths import depth_metrics, read_depths
from seqcast.evaluation.coverage.gene_matrices import (
    TOLD,
    GeneMatrix,
    check_same_axes,
    track_deviations,
)
from seqcast.evaluation.coverage.panels import (
    LENGTH,
    FoldName,
    Panel,
    Results,
    mean_over_models,
    of_part,
    panel_metrics,
    panel_tracks,
)
from seqcast.evaluation.coverage.peak_metrics import OTHERS, peak_metrics
from seqcast.evaluation.metrics.bootstrap import RESAMPLES, Resampling, interval
from seqcast.evaluation.metrics.correlations import correlation_of_sums, pearson
from seqcast.evaluation.metrics.table import SCHEMA, with_keys

DESCRIPTION = r"^CLIP:([^:]+):([^:]+)$"
GENE_R, NORMALISED, WITHIN, BINS = (
    "gene_pearsonr", "gene_pearsonr_norm", "within_gene_pearsonr", "pearsonr",
)  # fmt: skip
METRICS = (GENE_R, NORMALISED, WITHIN, BINS)


class ClipFiles(NamedTuple):
    """What CLIP is evaluated with.

    Attributes
    ----------
    tracks, gene_preds, gene_targets : tuple of path
        What `evaluate_coverage` wrote, one per model and fold.
    targets : path
        The targets table of the set.
    depths : tuple of path
        None, or one table of `read_depths`.
    peaks : tuple of path
        None, or what `collect_peaks` wrote, one per model and fold.
    """

    tracks: tuple[str | Path, ...]
    gene_preds: tuple[str | Path, ...]
    gene_targets: tuple[str | Path, ...]
    targets: str | Path
    depths: tuple[str | Path, ...] = ()
    peaks: tuple[str | Path, ...] = ()


class ClipFold(NamedTuple):
    """CLIP tracks of one fold of a model.

    Attributes
    ----------
    tracks : DataFrame
        identifier, description, rbp, cell, `METRICS`, and those of the baselines, named
        ``length`` and ``other_rbps``.
    predictions, targets : GeneMatrix
        Of these tracks.
    """

    tracks: pl.DataFrame
    predictions: GeneMatrix
    targets: GeneMatrix


def evaluate_clip(
    files: ClipFiles, folds: Sequence[FoldName], options: Mapping[str, Any], seed: int = 0
) -> Results:
    """How well models predict CLIP coverage, by cell line and by protein.

    Parameters
    ----------
    files : ClipFiles
        Lists in the order of `folds`.
    folds : sequence of FoldName
    options : mapping
        ``compat``: "borzuki" for float32 where the original has it, and its rules of `read_depths`
        and `depth_metrics`.
    seed : int
        Of the bootstrap intervals.

    Returns
    -------
    Results
        Of `clip_metrics`; with peaks, also those of `peak_metrics`.

    Raises
    ------
    InputError
        If no track is of CLIP, or see `read_depths`.
    """
    compat = options["compat"] is not None
    of_models: dict[str, list[ClipFold]] = {}
    paths = zip(folds, files.tracks, files.gene_preds, files.gene_targets, strict=True)
    for name, tracks, guess, truth in paths:
        matrices = GeneMatrix.read(guess), GeneMatrix.read(truth)
        table = read_cells(tracks, "a table of tracks")
        of_models.setdefault(name.model, []).append(clip_fold(table, *matrices, compat))
    depths = read_depths(files.depths[0], files.targets, compat) if files.depths else None
    found, rows = clip_metrics(of_models, depths, compat, seed=seed)
    if files.peaks:
        tables = [read_table(path) for path in files.peaks]
        found = pl.concat([found, peak_metrics(tables, folds, seed=seed)])
    return Results(found, rows)


def clip_fold(
    tracks: pl.DataFrame, predictions: GeneMatrix, targets: GeneMatrix, single: bool = False
) -> ClipFold:
    """Accuracy of the CLIP tracks of a fold.

    Parameters
    ----------
    tracks : DataFrame
        As of `track_table`, numbers or text.
    predictions, targets : GeneMatrix
        Of all tracks of the fold.
    single : bool
        Normalise in float32.

    Returns
    -------
    ClipFold
        ``gene_pearsonr_norm`` is of deviations among the CLIP tracks of one cell line, as
        published, not among all tracks; ``pearsonr`` over bins the mean of both strands.

    Raises
    ------
    InputError
        If the matrices differ in genes or tracks, or no track is of CLIP.
    """
    check_same_axes(predictions, targets)
    names = pl.col("description").str.extract_groups(DESCRIPTION)
    kept = tracks.with_columns(rbp=names.struct[0], cell=names.struct[1]).drop_nulls("rbp")
    bins = kept.group_by("description").agg(pl.col(BINS).cast(pl.Float64).mean())
    kept = kept.filter(pl.col("identifier").is_in(targets.identifiers.tolist()))
    if not kept.height:
        said = tracks["description"].to_list()[:TOLD]
        raise InputError(
            f"no track is described as CLIP:protein:cell line, but such as {said}; expected one or "
            "more. Evaluate a set of CLIP tracks."
        )
    columns = [name for name in (WITHIN, "gene_length_pearsonr") if name in kept.columns]
    kept = kept.select(
        "identifier", "description", "rbp", "cell", pl.col(columns).cast(pl.Float64)
    ).rename({"gene_length_pearsonr": LENGTH}, strict=False)
    parts = []
    for rows in kept.partition_by("cell", maintain_order=True):
        members = rows["identifier"].to_list()
        guess, truth = predictions.columns(members), targets.columns(members)
        normal = (track_deviations(values, single) for values in (guess, truth))
        others = _of_others(truth, rows["rbp"].to_numpy())
        found = {GENE_R: pearson(guess, truth), NORMALISED: pearson(*normal), OTHERS: others}
        numbers = {name: pl.Series(values).fill_nan(None) for name, values in found.items()}
        parts.append(rows.with_columns(**numbers))
    table = pl.concat(parts).join(bins, on="description", how="left", maintain_order="left")
    members = table["identifier"].to_list()
    return ClipFold(table, *(
        GeneMatrix(one.genes, np.array(members), one.columns(members))
        for one in (predictions, targets)
    ))  # fmt: skip


def clip_metrics(
    folds: Mapping[str, Sequence[ClipFold]], depths: Mapping[str, float] | None = None,
    compat: bool = False, resamples: int = RESAMPLES, seed: int = 0,
) -> tuple[pl.DataFrame, pl.DataFrame]:  # fmt: skip
    """Accuracy by cell line and by protein, and its dependence on depth.

    Parameters
    ----------
    folds : mapping
        Name of a model to its folds and replicates, which are averaged by identifier.
    depths : mapping, optional
        See `read_depths`.
    compat : bool
        See `depth_metrics`.
    resamples, seed : int

    Returns
    -------
    metrics : DataFrame
        method, part, `SCHEMA`. Part ``K562``: see `panel_metrics`, and ``depth_spearman``. Part
        ``K562:FUS``: means over the tracks of the protein; that of genes (``gene_pearsonr``) has
        an interval over resamples of the genes of each fold.
    tracks : DataFrame
        method, cell, rbp, metric, identifier, description, value, status.
    """
    first = next(iter(folds.values()))
    known = [one.tracks.select("identifier", "rbp", "cell") for s in folds.values() for one in s]
    keys = pl.concat(known).unique("identifier", keep="first", maintain_order=True)
    drawn = {name: _drawn(several, resamples, seed) for name, several in folds.items()}
    found, rows = [], []
    for cell in keys["cell"].unique(maintain_order=True):
        of_cell = keys.filter(cell=cell)
        for metric in METRICS:
            values = {
                name: mean_over_models([one.tracks for one in several], metric)
                for name, several in folds.items()
            }
            if metric == GENE_R:
                for name in (LENGTH, OTHERS):
                    values[name] = mean_over_models([one.tracks for one in first], name)
            pattern = f"^CLIP:[^:]+:{re.escape(cell)}$"
            tracks = panel_tracks(values, Panel(cell, pattern, metric))
            rows.append(with_keys(tracks, metric=metric).join(of_cell, on="identifier"))
            found.append(of_part(panel_metrics(tracks, metric, resamples, seed), cell))
            found.append(_by_protein(rows[-1], metric, drawn if metric == GENE_R else {}))
            if metric == WITHIN and depths is not None:
                found.append(of_part(depth_metrics(tracks, depths, compat, resamples, seed), cell))
    columns = ("method", "cell", "rbp", "metric", "identifier", "description", "value", "status")
    return pl.concat(found), pl.concat(rows).select(columns)


def _by_protein(
    tracks: pl.DataFrame, metric: str, drawn: Mapping[str, Mapping[str, np.ndarray]]
) -> pl.DataFrame:
    """Mean over the tracks of each protein, as rows of `clip_metrics`; drawn, see `_drawn`."""
    rows: list[tuple] = []
    for (method, rbp, cell), group in tracks.group_by(
        ["method", "rbp", "cell"], maintain_order=True
    ):
        valid = group.filter(pl.col("value").is_not_null())
        resampled = drawn.get(str(method), {})
        names = [name for name in valid["identifier"] if name in resampled]
        ends = (
            interval(np.mean([resampled[name] for name in names], axis=0))
            if names
            else (None, None)
        )
        lost = ", ".join(group.filter(pl.col("value").is_null())["identifier"])
        note = f"without {lost}, which a fold has no number of" if lost else ""
        value, n = valid["value"].mean(), valid.height
        rows.append((method, f"{cell}:{rbp}", metric, value, *ends, n, note))
    schema = {"method": pl.String, "part": pl.String, **SCHEMA}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _drawn(folds: Sequence[ClipFold], resamples: int, seed: int) -> dict[str, np.ndarray]:
    """Correlations over resampled genes, mean over folds: identifier to (resamples,).

    Replicates of one fold have the same genes, and so the same draws.
    """
    of_track: dict[str, list[np.ndarray]] = {}
    for one in folds if resamples else ():
        x, y = (m.values - m.values.mean(axis=0) for m in (one.predictions, one.targets))
        resampled = Resampling(resamples, seed).draws(np.ones(len(x), dtype=bool))
        r = np.concatenate([resampled_pearson(x, y, counts) for counts in resampled])
        for name, column in zip(one.targets.identifiers.tolist(), r.T, strict=True):
            of_track.setdefault(name, []).append(column)
    return {name: np.mean(columns, axis=0) for name, columns in of_track.items()}


def resampled_pearson(x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Pearson's correlation of columns in resamples: (rows, columns) twice to (resamples, columns).

    Columns are less their mean, so that the difference of sums costs no digits.
    """
    total = counts.sum(axis=1, keepdims=True)
    mean_x, mean_y = counts @ x / total, counts @ y / total
    sums = (
        counts @ (a * b) - total * m * n
        for a, b, m, n in ((x, y, mean_x, mean_y), (x, x, mean_x, mean_x), (y, y, mean_y, mean_y))
    )
    xy, xx, yy = sums
    return correlation_of_sums(xy, np.maximum(xx, 0), np.maximum(yy, 0))


def _of_others(values: np.ndarray, proteins: np.ndarray) -> np.ndarray:
    """Correlation of each measured track with the mean of those of other proteins."""
    found = np.full(len(proteins), np.nan)
    for i, protein in enumerate(proteins):
        others = proteins != protein
        if others.any():
            found[i] = pearson(values[:, others].mean(axis=1), values[:, i])
    return found
