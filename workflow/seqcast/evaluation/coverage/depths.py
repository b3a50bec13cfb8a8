"""How the accuracy of tracks depends on how deeply they were sequenced."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_cells, read_text
from seqcast.evaluation.coverage.gene_matrices import TOLD
from seqcast.evaluation.metrics.bootstrap import RESAMPLES
from seqcast.evaluation.metrics.correlations import LEAST_ROWS
from seqcast.evaluation.metrics.regression import regression_metrics
from seqcast.evaluation.metrics.table import SCHEMA, row_of, with_keys

ACCESSION = re.compile(r"ENCSR[0-9A-Z]{6}")  # of an experiment of ENCODE
ENCODE = "ENCODE Accession #"
REPLICATES = re.compile(r" read # - Rep\d+$")
METRIC = "depth_spearman"


def read_depths(path: str | Path, targets: str | Path, compat: bool = False) -> dict[str, float]:
    """Reads that each track was made from.

    Parameters
    ----------
    path : path
        Tab-separated with the columns identifier and reads; or ENCODE's comma-separated table of
        the quality of eCLIP, whose reads of the replicates of an experiment are averaged.
    targets : path
        The targets table: its ``file`` names the experiments of ENCODE.
    compat : bool
        The mean of two replicates without its half, and the last row of a repeated experiment, as
        in the notebook eval_clip (borzoi-paper ec33b15).

    Returns
    -------
    dict
        Identifier of a track to its reads. Tracks that have none, or none of a replicate, are not
        in it.

    Raises
    ------
    InputError
        If a table is not readable or lacks a column, a number is none or not positive, or
        (without `compat`) a track or experiment has two rows.
    """
    text = read_text(path, "a table of depths")
    if ENCODE not in text.partition("\n")[0]:
        columns = ("identifier", "reads")
        expected = "ENCODE's comma-separated table of quality, or a table of depths"
        return _depths(read_cells(path, expected, columns=columns).select(columns), path, compat)
    try:
        table = pl.read_csv(io.StringIO(text), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(
            f"{path}: not readable as a comma-separated table ({reason}); expected ENCODE's table "
            "of the quality of eCLIP"
        ) from error
    if not (replicates := [name for name in table.columns if REPLICATES.search(name)]):
        raise InputError(
            f"{path}: no column is named as '... read # - Rep1'; found {table.columns[:TOLD]}. "
            "Give ENCODE's table of the quality of eCLIP as it was downloaded"
        )
    of_experiment = _depths(table.select(ENCODE, *replicates), path, compat)
    columns = ("identifier", "file")
    rows = read_cells(targets, "a table of tracks", columns=columns).select(columns).fill_null("")
    known = {name: ACCESSION.search(file) for name, file in rows.iter_rows()}
    return {
        name: of_experiment[found[0]]
        for name, found in known.items()
        if found and found[0] in of_experiment
    }


def depth_metrics(
    tracks: pl.DataFrame, depths: Mapping[str, float], compat: bool = False,
    resamples: int = RESAMPLES, seed: int = 0,
) -> pl.DataFrame:  # fmt: skip
    """Spearman's correlation over tracks of their accuracy and their depth.

    Parameters
    ----------
    tracks : DataFrame
        method, identifier, value: as of `panel_tracks`.
    depths : mapping
        As of `read_depths`.
    compat : bool
        One track that has a depth but no accuracy leaves no number, as in the original.
        Otherwise it is left out.
    resamples, seed : int
        Intervals are over resamples of tracks.

    Returns
    -------
    DataFrame
        method, then `SCHEMA`: one row per method. ``n`` tracks have both numbers; the note counts
        the others.
    """
    tables = []
    for (method,), rows in tracks.group_by(["method"], maintain_order=True):
        depth = np.array([depths.get(name, np.nan) for name in rows["identifier"]], float)
        accuracy = rows["value"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        both = ~np.isnan(depth) & ~np.isnan(accuracy)
        without_depth, lost = int(np.isnan(depth).sum()), int((~np.isnan(depth) & ~both).sum())
        told = {"without a depth": without_depth, "without an accuracy": lost}
        note = ", ".join(f"{number} {what}" for what, number in told.items() if number)
        n = int(both.sum())
        value: tuple = (None, None, None)
        if n < LEAST_ROWS:
            note = f"fewer than {LEAST_ROWS} tracks have both"
        elif lost and compat:
            n, note = n + lost, f"{note}: no number in the original"
        else:
            found = row_of(
                regression_metrics(np.log2(depth[both]), accuracy[both], resamples, seed),
                "spearman",
            )
            value = found["value"], found["ci_low"], found["ci_high"]
            note = found["note"] or note
        row = pl.DataFrame([(METRIC, *value, n, note)], schema=SCHEMA, orient="row")
        tables.append(with_keys(row, method=str(method)))
    return pl.concat(tables)


def _depths(table: pl.DataFrame, path: str | Path, compat: bool) -> dict[str, float]:
    """Mean over the columns after the first, by the first; without rows that lack one."""
    names = table[:, 0]
    if not compat and (twice := names.filter(names.is_duplicated()).unique().to_list()[:TOLD]):
        raise InputError(
            f"{path} has {twice} more than once; expected a row each. Leave one, or add their reads"
        )
    found = {}
    for name, *cells in table.iter_rows():
        try:
            reads = [float(cell) if cell else np.nan for cell in cells]
        except ValueError as error:
            raise InputError(f"{path}: reads of {name} are {cells}; expected numbers") from error
        mean = float(np.mean(reads))
        if mean <= 0 or np.isinf(mean):
            raise InputError(
                f"{path}: reads of {name} are {cells}; expected finite numbers of more than 0"
            )
        found[name] = float(np.floor(mean)) if compat else mean
    return {name: mean for name, mean in found.items() if not np.isnan(mean)}
