"""Two runs on the same variants: how far their scores agree, and what made them differ."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import differing
from seqcast.core.store import array_columns, read_provenance, read_table
from seqcast.evaluation.metrics.correlations import LEAST_ROWS, pearson, spearman
from seqcast.predict.variants.ranking import reduce_score, select_tracks

TABLES = "results/variant_effects/*/*.ensemble.parquet"  # of a run, in its folder
PAIR = ["variant", "chrom", "pos", "ref", "alt", "gene_id"]
TOP = 20
SHOWN_CHARS = 60
NUMBERS = ("REF", "ALT")  # levels, which are not compared


class Run(NamedTuple):
    """A table of scores over folds, and what made it."""

    path: Path
    table: pl.DataFrame
    facts: Mapping[str, Any]


class Agreement(NamedTuple):
    """Of one score in two runs.

    Attributes
    ----------
    score : str
    pairs : DataFrame
        `PAIR`, ``a`` and ``b``: means over tracks where both have one.
    pearson, spearman, rmse, largest : float or None
        ``largest`` is the largest difference. None of fewer than `LEAST_ROWS` pairs; correlations
        also where one is constant.
    opposite : int
        Pairs with another sign.
    """

    score: str
    pairs: pl.DataFrame
    pearson: float | None
    spearman: float | None
    rmse: float | None
    largest: float | None
    opposite: int


def read_run(path: str | Path, other: str | Path | None = None) -> Run:
    """The scores of a run: its table, or the one in its folder.

    Parameters
    ----------
    path : path
        Parquet, or the folder of a run.
    other : path, optional
        The table of the other run: of several in a folder, the one below the same folders counts.

    Raises
    ------
    InputError
        If there is none, or several.
    """
    path = Path(path)
    if not path.is_dir():
        return Run(path, read_table(path), read_provenance(path))
    found = sorted(path.glob(TABLES))
    alike = [one for one in found if other and one.parts[-2:] == Path(other).parts[-2:]]
    if len(alike or found) == 1:
        (one,) = alike or found
        return Run(one, read_table(one), read_provenance(one))
    if not found:
        begun = (
            "its run is not finished" if (path / "results").is_dir() else "it is no folder of a run"
        )
        raise InputError(
            f"{path} has no table {TABLES}: {begun}. Finish the run with snakemake, or name a "
            "parquet file of scores"
        )
    names = ", ".join(str(one.relative_to(path)) for one in found[:3])
    raise InputError(f"{path} has {len(found)} tables of scores ({names}); name one of them")


def agreement(a: Run, b: Run, score: str, tracks_like: str | None = None) -> Agreement:
    """How far two runs agree in a score.

    Parameters
    ----------
    a, b : Run
    score : str
    tracks_like : str, optional
        Regular expression on descriptions: the tracks to average over. Default: all.

    Raises
    ------
    InputError
        If a run has no such score, or its tracks are not known or none matches.
    """
    effects = [
        run.table.select(
            *PAIR, reduce_score(run.table, score, _selected(run, tracks_like))["mean"].alias(name)
        )
        for run, name in ((a, "a"), (b, "b"))
    ]
    both = effects[0].unique(PAIR, keep="first", maintain_order=True).join(
        effects[1].unique(PAIR, keep="first"), on=PAIR, maintain_order="left"
    ).drop_nulls(["a", "b"])  # fmt: skip
    x, y = both["a"].to_numpy(), both["b"].to_numpy()
    opposite = int(((x * y) < 0).sum())
    if len(x) < LEAST_ROWS:
        return Agreement(score, both, None, None, None, None, opposite)
    linear, by_rank = (None if np.isnan(v) else float(v) for v in (pearson(x, y), spearman(x, y)))
    rmse, largest = float(np.sqrt(((x - y) ** 2).mean())), float(np.abs(x - y).max())
    return Agreement(score, both, linear, by_rank, rmse, largest, opposite)


def _selected(run: Run, tracks_like: str | None) -> np.ndarray | None:
    """Positions of the tracks of a run that count."""
    if tracks_like is None:
        return None
    beside = run.path.parent / "tracks.parquet"
    if "track_table" in run.facts:
        return select_tracks(pl.DataFrame(run.facts["track_table"]), tracks_like)
    if not beside.is_file():
        raise InputError(f"{run.path}: its tracks are not known; expected {beside}")
    return select_tracks(read_table(beside), tracks_like)


def shared_scores(a: Run, b: Run) -> list[str]:
    """Scores that both runs have, levels and spreads left out.

    Raises
    ------
    InputError
        If they have none in common, or no variant.
    """
    names = [array_columns(run.table) for run in (a, b)]
    found = [n for n in names[0] if n in names[1] and not n.endswith("_sd") and n not in NUMBERS]
    if not found:
        raise InputError(f"{a.path} and {b.path} have no score in common; expected the same scores")
    if a.table.join(b.table, on=PAIR[1:5], how="semi").is_empty():
        raise InputError(
            f"{a.path} and {b.path} have no variant in common; expected runs on the same variants"
        )
    return found


def changed_ranks(pairs: pl.DataFrame, top: int = TOP) -> pl.DataFrame:
    """The strongest variants of either run, and their places in both.

    Returns
    -------
    DataFrame
        `PAIR`, a, b, ``rank_a``, ``rank_b`` (1 is the largest magnitude), of variants among the
        `top` of a run, by the better of both places.
    """
    ranked = pairs.with_columns(
        pl.col(name).abs().rank("ordinal", descending=True).cast(pl.Int64).alias(f"rank_{name}")
        for name in ("a", "b")
    )
    best = pl.min_horizontal("rank_a", "rank_b")
    return ranked.filter(best <= top).sort(best, "rank_a")


def changed_statuses(a: Run, b: Run) -> pl.DataFrame:
    """How many ALTs have another status, or are in one run alone: a, b, n (null: not there)."""
    once = [
        run.table.unique(PAIR[1:5], keep="first", maintain_order=True).select(
            *PAIR[1:5], pl.col("status").alias(name)
        )
        for run, name in ((a, "a"), (b, "b"))
    ]
    both = once[0].join(once[1], on=PAIR[1:5], how="full", coalesce=True)
    other = both.filter(pl.col("a").ne_missing(pl.col("b")))
    return (
        other.group_by("a", "b")
        .agg(n=pl.len())
        .sort("n", "a", "b", descending=[True, False, False])
    )


def different_facts(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Facts of provenance that differ: name, and the values of both; "-" where one has none."""
    for name, ours, theirs in differing(a, b):
        yield name, _shown(ours), _shown(theirs)


def _shown(value: Any) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 3]}..."
