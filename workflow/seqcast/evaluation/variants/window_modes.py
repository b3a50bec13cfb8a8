"""How much scores of variants depend on where the window lies that they are read in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.store import array_columns, read_table, write_tsv
from seqcast.evaluation.metrics.correlations import LEAST_ROWS, pearson, spearman
from seqcast.predict.variants.ranking import reduce_score, select_tracks
from seqcast.predict.variants.score_options import WINDOWS
from seqcast.predict.variants.score_shard import ShardFiles, open_scorer
from seqcast.predict.variants.variant_effects import in_input_order

SCHEMA = {"score": pl.String, "n": pl.Int64, "pearson": pl.Float64, "spearman": pl.Float64,
          "rmse": pl.Float64, "sd": pl.Float64}  # fmt: skip


def compare_window_modes(
    scores: pl.DataFrame, others: pl.DataFrame, selected: np.ndarray | None = None
) -> pl.DataFrame:
    """Compare gene scores of the same variants, read in windows that lie elsewhere.

    Parameters
    ----------
    scores, others : DataFrame
        Gene tables of the same model. Pairs of variant and gene that both scored count.
    selected : ndarray of int, optional
        Positions of the tracks that are averaged over. Default: all.

    Returns
    -------
    DataFrame
        A row for each score that both have: score, ``n`` pairs, ``pearson``, ``spearman``,
        ``rmse`` (root mean square difference) and ``sd`` (standard deviation of `scores`, in
        whose light ``rmse`` is to be read). Null with fewer than `LEAST_ROWS` pairs,
        correlations also where a score does not vary.
    """
    rows = []
    for name in (name for name in array_columns(scores) if name in array_columns(others)):
        effects = [
            table.select("row", "gene_id", effect=reduce_score(table, name, selected)["mean"])
            for table in (scores, others)
        ]
        pairs = effects[0].join(effects[1], on=["row", "gene_id"]).drop_nulls()
        x, y = pairs["effect"].to_numpy(), pairs["effect_right"].to_numpy()
        measured: list[Any] = [None] * 4
        if len(x) >= LEAST_ROWS:
            rmse = np.sqrt(((x - y) ** 2).mean())
            measured = [float(v) for v in (pearson(x, y), spearman(x, y), rmse, x.std())]
        rows.append((name, len(x), *measured))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").fill_nan(None)


def measure_window_modes(
    files: ShardFiles, scores: str | Path, output: str | Path, architecture: str, head: str | None,
    options: Mapping[str, Any], inference: Mapping[str, Any], threads: int,
    variants: int, tracks_like: str | None, model: str, dataset: str,
) -> None:  # fmt: skip
    """Score some variants of a set in windows of the other mode, and write what differs.

    Parameters
    ----------
    files : ShardFiles
        Of one fold; see `score_shard` for what has no entry here.
    scores : path
        Gene table of that fold.
    output : path
        TSV: model, dataset, ``window`` and ``other_window``, the two modes, and the columns of
        `compare_window_modes`.
    options : mapping
        The fields of `ScoreOptions` that `scores` were made with; no ``compat``.
    variants : int
        How many are scored, evenly spaced in the file among those that have scores.
    tracks_like : str, optional
        Regular expression on descriptions: the tracks to average over. Default: all.
    model, dataset : str
        Names, for the table.
    """
    own = options["window"]
    (other,) = (window for window in WINDOWS if window != own)
    changed = {**options, "window": other, "window_scores": []}
    scorer, _ = open_scorer(files, architecture, head, changed, inference, threads)
    checked = read_table(files.variants)
    table = read_table(scores)
    scored = table.filter(pl.col("status") == "scored")["row"].unique().sort()
    chosen = scored.gather(np.linspace(0, len(scored) - 1, min(variants, len(scored))).astype(int))
    with scorer.genome:
        placed = scorer.work(checked).placed(chosen.to_list(), scorer.annotation)
        found = in_input_order(scorer.score_placed(checked, placed).gene)
    selected = select_tracks(scorer.tracks.table(), tracks_like)
    compared = compare_window_modes(table, found, selected)
    told = {"model": model, "dataset": dataset, "window": own, "other_window": other}
    labels = [pl.lit(value).alias(name) for name, value in told.items()]
    write_tsv(compared.select(*labels, *SCHEMA), output)
