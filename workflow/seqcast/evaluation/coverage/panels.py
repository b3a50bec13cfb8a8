"""Accuracy of groups of tracks: its spread over them, and models compared track by track.

A panel is the tracks whose description matches a pattern. Folds and replicates of a model are
averaged by the identifier of a track, whatever the order of their tables.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.gene_matrices import OF_PLUS_TRACK, TOLD
from seqcast.evaluation.metrics.bootstrap import RESAMPLES, Estimate, Resampling, estimate
from seqcast.evaluation.metrics.correlations import LEAST_ROWS
from seqcast.evaluation.metrics.table import MINUS, NOT_SCORED, SCHEMA, metrics_table, with_keys
from seqcast.genome.tracks import compiled

SHARES = {"median": 0.5, "lower_quartile": 0.25, "upper_quartile": 0.75}
HALF_LIFE = "half_life_"  # in front of columns of tables of half-lives
OF_BINS = ("pearsonr", "r2")  # metrics of single strands
LENGTH, LENGTH_OF = "length", {"gene_pearsonr": "gene_length_pearsonr"}
VALID, NO_VALUE, NOT_ALL = "valid", "no_value_of_a_fold", "not_of_every_model"


class FoldName(NamedTuple):
    """A fold of a model; folds such as f3c0 and f3c1 are trainings on the same data."""

    model: str
    fold: str


class Results(NamedTuple):
    """What the models of a benchmark reach.

    Attributes
    ----------
    metrics : DataFrame
        method, part, `SCHEMA`.
    rows : DataFrame
        What they rest on, such as tracks or genes: one row per method and each of these.
    """

    metrics: pl.DataFrame
    rows: pl.DataFrame


class Panel(NamedTuple):
    """Tracks, by a regular expression on their descriptions, and what of them is compared."""

    name: str
    pattern: str
    metric: str


class PanelFiles(NamedTuple):
    """What panels are made of.

    Attributes
    ----------
    tracks, half_lives : tuple of path
        What `evaluate_coverage` and `evaluate_half_lives` wrote, one per model and fold.
    panels : path
        See `read_panels`.
    """

    tracks: tuple[str | Path, ...]
    half_lives: tuple[str | Path, ...]
    panels: str | Path


def evaluate_panels(
    files: PanelFiles, folds: Sequence[FoldName], options: Mapping[str, Any], seed: int = 0
) -> Results:
    """How well models predict the tracks of panels, and how they differ.

    Parameters
    ----------
    files : PanelFiles
        Lists in the order of `folds`.
    folds : sequence of FoldName
    options : mapping
        None are read.
    seed : int
        Of the bootstrap intervals.

    Returns
    -------
    Results
        Of `panel_metrics`, parts named as panels, and of `panel_tracks`.

    Raises
    ------
    InputError
        See `read_panels`, `mean_over_models` and `panel_tracks`.
    """
    tables = [_joined(*pair) for pair in zip(files.tracks, files.half_lives, strict=True)]
    found, rows = [], []
    for panel in read_panels(files.panels):
        values = _of_methods(tables, [fold.model for fold in folds], panel.metric)
        tracks = panel_tracks(values, panel)
        rows.append(with_keys(tracks, panel=panel.name, metric=panel.metric))
        found.append(of_part(panel_metrics(tracks, panel.metric, seed=seed), panel.name))
    return Results(pl.concat(found), pl.concat(rows))


def of_part(metrics: pl.DataFrame, part: str) -> pl.DataFrame:
    """Metrics of methods as those of one part of a benchmark."""
    return metrics.select("method", pl.lit(part).alias("part"), *SCHEMA)


def read_panels(path: str | Path) -> list[Panel]:
    """Panels of a table with the columns name, pattern and metric.

    Raises
    ------
    InputError
        If the table is not readable, lacks a column or a cell, names a panel twice for a metric,
        or a pattern is broken.
    """
    table = read_cells(path, "a table of panels", columns=Panel._fields)
    panels = [Panel(*row) for row in table.select(Panel._fields).fill_null("").rows()]
    names = [(panel.name, panel.metric) for panel in panels]
    if not panels or not all(map(all, panels)) or len(set(names)) < len(names):
        raise InputError(
            f"{path} names the panels {names}; expected one or more, each once for a metric, with "
            "no empty cell"
        )
    for panel in panels:
        compiled(panel.pattern, f"{path}: the pattern of panel {panel.name!r}, ")
    return panels


def mean_over_models(tables: Sequence[pl.DataFrame], metric: str) -> pl.DataFrame:
    """Mean of a number of each track over the folds and replicates of a model.

    Parameters
    ----------
    tables : sequence of DataFrame
        Of one fold or replicate each: identifier, description, and the metric.
    metric : str
        Column.

    Returns
    -------
    DataFrame
        identifier, description, value: tracks of any table, in order. The value is null where a
        table lacks the track or its number: a mean over other folds than those of the next track
        would be of other genes.

    Raises
    ------
    InputError
        If a table lacks the column, or names a track twice.
    """
    parts = []
    for table in tables:
        if metric not in table.columns:
            raise InputError(
                f"no column {metric!r} in a table of tracks; expected one of {table.columns}"
            )
        names = table["identifier"]
        if twice := names.filter(names.is_duplicated()).unique().to_list()[:TOLD]:
            raise InputError(f"a table of tracks names {twice} more than once; expected once")
        value = pl.col(metric).cast(pl.Float64).fill_nan(None).alias("value")
        parts.append(table.select("identifier", "description", value))
    known = pl.col("value").count() == len(tables)
    return (
        pl.concat(parts)
        .group_by("identifier", maintain_order=True)
        .agg(pl.first("description"), pl.when(known).then(pl.mean("value")).alias("value"))
    )


def panel_tracks(values: Mapping[str, pl.DataFrame], panel: Panel) -> pl.DataFrame:
    """Tracks of a panel, a row per track and method.

    Parameters
    ----------
    values : mapping
        Name of a method to its tracks, as of `mean_over_models`. The pattern is searched for
        anywhere in the descriptions of each.
    panel : Panel

    Returns
    -------
    DataFrame
        method, identifier, description, value, status. "not_of_every_model": another method that
        predicts tracks of this panel lacks the track or its number.

    Raises
    ------
    InputError
        If no method has a track that matches.
    """
    wanted = compiled(panel.pattern, f"the pattern of panel {panel.name!r}, ")
    found = {}
    for name, table in values.items():
        matches = [bool(wanted.search(said or "")) for said in table["description"]]
        found[name] = table.filter(pl.Series(matches, dtype=pl.Boolean))
    if not any(table.height for table in found.values()):
        said = next(iter(values.values()))["description"].to_list()[:TOLD]
        raise InputError(
            f"panel {panel.name!r}: {panel.pattern!r} matches the description of no track, such as "
            f"{said}; expected one or more. Fix the pattern, or leave the panel out."
        )
    known = [set(table.drop_nulls("value")["identifier"]) for table in found.values()]
    known = [names for names in known if names]
    shared = set.intersection(*known) if known else set()
    status = (
        pl.when(pl.col("value").is_null()).then(pl.lit(NO_VALUE))
        .when(pl.col("identifier").is_in(list(shared))).then(pl.lit(VALID))
        .otherwise(pl.lit(NOT_ALL))
    )  # fmt: skip
    return pl.concat(
        [
            with_keys(table.with_columns(status=status), method=name)
            for name, table in found.items()
            if table.height
        ]
    )


def panel_metrics(
    tracks: pl.DataFrame, metric: str, resamples: int = RESAMPLES, seed: int = 0
) -> pl.DataFrame:
    """Spread of a number over the tracks of a panel, and paired differences of methods.

    Parameters
    ----------
    tracks : DataFrame
        As of `panel_tracks`: only valid ones count, which are the same of all methods.
    metric : str
        Its name, in front of those of the rows.
    resamples, seed : int
        Intervals are over resamples of tracks, which replicates of one experiment make narrow.

    Returns
    -------
    DataFrame
        method, then `SCHEMA`: of each method ``_median``, ``_lower_quartile``,
        ``_upper_quartile``, ``_mean`` and ``_not_scored`` (with the reason). Of two methods, named
        "first minus second", ``_median_difference`` and ``_mean_difference`` of their differences
        track by track. Fewer than `LEAST_ROWS` tracks have no intervals.
    """
    valid = tracks.filter(status=VALID).pivot("method", index="identifier", values="value")
    tables = []
    for (method,), rows in tracks.group_by(["method"], maintain_order=True):
        scored = (rows["status"] == VALID).to_numpy()
        values = valid[str(method)].to_numpy() if scored.any() else np.empty(0)
        names = (*SHARES, "mean")
        table = _spread(values, scored, metric, names, "", resamples, seed)
        reasons = rows.filter(pl.col("status") != VALID)["status"].value_counts(sort=True)
        told = ", ".join(f"{n} {status}" for status, n in reasons.iter_rows())
        left_out = pl.col("metric") == NOT_SCORED
        table = table.with_columns(
            metric=pl.when(left_out).then(pl.lit(f"{metric}_{NOT_SCORED}")).otherwise("metric"),
            note=pl.when(left_out).then(pl.lit(told)).otherwise("note"),
        )
        tables.append(with_keys(table, method=str(method)))
    for a, b in combinations(valid.columns[1:], 2):
        apart = (valid[a] - valid[b]).to_numpy()
        scored = np.ones(len(apart), bool)
        table = _spread(apart, scored, metric, ("median", "mean"), "_difference", resamples, seed)
        tables.append(with_keys(table.filter(pl.col("metric") != NOT_SCORED), method=a + MINUS + b))
    return pl.concat(tables)


def quantiles(values: np.ndarray, counts: np.ndarray, shares: Sequence[float]) -> list[np.ndarray]:
    """Quantiles of resamples, as ``numpy.quantile`` of rows that are repeated by their counts.

    Parameters
    ----------
    values : ndarray, shape=(rows,)
    counts : ndarray of int, shape=(resamples, rows)
    shares : sequence of float
        0 to 1.

    Returns
    -------
    list of ndarray, shape=(resamples,)
    """
    order = np.argsort(values)
    until = np.cumsum(counts[:, order], axis=1)

    def at(place: np.ndarray) -> np.ndarray:
        return values[order][(until > place[:, None]).argmax(axis=1)]

    found = []
    for share in shares:
        place = share * (until[:, -1] - 1)
        below, above = at(np.floor(place)), at(np.ceil(place))
        found.append(below + (place - np.floor(place)) * (above - below))
    return found


def _spread(
    values: np.ndarray, scored: np.ndarray, metric: str, names: Sequence[str], suffix: str,
    resamples: int, seed: int,
) -> pl.DataFrame:  # fmt: skip
    """Quantiles and mean of values, as a table of metrics."""
    keys = {name: f"{metric}_{name}{suffix}" for name in names}
    if not len(values):
        none = dict.fromkeys(keys.values(), "no track that counts")
        return metrics_table(dict.fromkeys(none, Estimate()), scored, none)

    def estimator(counts: np.ndarray) -> dict[str, np.ndarray]:
        shares = [name for name in names if name in SHARES]
        found = dict(
            zip(shares, quantiles(values, counts, [SHARES[n] for n in shares]), strict=True)
        )
        found["mean"] = counts @ values / counts.sum(axis=1)
        return {keys[name]: found[name] for name in names}

    few = len(values) < LEAST_ROWS
    drawn = Resampling(0 if few else resamples, seed).draws(np.ones(len(values), bool))
    note = f"{len(values)} tracks: no interval" if few else ""
    return metrics_table(
        estimate(estimator, len(values), drawn), scored, {}, dict.fromkeys(keys.values(), note)
    )


def _joined(tracks: str | Path, half_lives: str | Path) -> pl.DataFrame:
    """Numbers of the tracks of a fold; those of half-lives named ``half_life_``..."""
    numbers = pl.exclude("identifier").name.prefix(HALF_LIFE)
    columns = read_cells(half_lives, "a table of half-lives").select("identifier", numbers)
    table = read_cells(tracks, "a table of tracks")
    return table.join(columns, on="identifier", how="left", maintain_order="left")


def _of_methods(
    tables: Sequence[pl.DataFrame], models: Sequence[str], metric: str
) -> dict[str, pl.DataFrame]:
    """A number of the tracks of each model, and of the baseline if the metric has one."""
    folds: dict[str, list[pl.DataFrame]] = {}
    for name, table in zip(models, tables, strict=True):
        kept = table if metric in OF_BINS else table.filter(pl.col("gene_status") != OF_PLUS_TRACK)
        folds.setdefault(name, []).append(kept)
    found = {name: mean_over_models(several, metric) for name, several in folds.items()}
    if metric in LENGTH_OF:
        first = next(iter(folds.values()))
        found[LENGTH] = mean_over_models(first, LENGTH_OF[metric])
    return found
