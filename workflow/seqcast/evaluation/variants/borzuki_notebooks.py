"""The arithmetic of Borzuki's notebooks, where a published number needs it.

``explore_eqtls_gtex`` and ``explore_traitgym`` of calico/borzoi-paper (ec33b15). Unlike ours they

- join by ID, so that a variant that is given repeatedly counts repeatedly;
- take a score that is no number as 0, after means and sums over folds in float16
  (`method_scores.read_folds` with ``half``);
- leave out what Saluki does not score, of Borzuki's scores too;
- match pairs and then cut the two sides independently, so that those drawn are no pairs;
- draw by NumPy's global generator, here one of its own with the same stream.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.evaluation.variants.baselines.registry import SALUKI
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.discrimination import (
    SHARE,
    Row,
    rates_of,
    summarised_draws,
)
from seqcast.evaluation.variants.labelled_variants import ALL, part_name
from seqcast.genome.annotation import gene_base


class Drawn(NamedTuple):
    """Metrics of draws, (rounds,) each; and the pairs of each draw, or the rows drawn from."""

    values: Mapping[str, np.ndarray]
    n: int


def notebook_results(
    labelled: pl.DataFrame, scores: Mapping[str, pl.DataFrame], saluki: pl.DataFrame | None,
    definition: Definition, seed: int,
) -> Iterator[Row]:  # fmt: skip
    """Numbers of draws as the notebooks give them: of each model, and of Saluki once.

    Parameters
    ----------
    labelled, saluki : DataFrame
        See `notebook_rows`.
    scores : mapping
        Model to its scores, in half precision.
    definition : Definition
        With bounds, as ``explore_eqtls_gtex``; without, as ``explore_traitgym``.
    seed : int
    """
    for number, (model, of_model) in enumerate(scores.items()):
        rows = notebook_rows(labelled, of_model, saluki, definition.genes)
        columns = {model: "score", **({SALUKI: SALUKI} if saluki is not None else {})}
        for method, column in columns.items():
            if method == SALUKI and number:
                continue
            if definition.bounds:
                found = {
                    part_name(definition.distance, bound): drawn
                    for bound, drawn in eqtl_draws(rows, column, definition.bounds, seed).items()
                }
            else:
                found = {ALL: traitgym_draws(rows, column, seed)}
            for part, drawn in found.items():
                note = f"{len(drawn.values['roc_auc'])} draws as in Borzuki's notebook"
                for metric, value in summarised_draws(drawn.values):
                    yield Row(method, part, metric, value, drawn.n, note)


def notebook_rows(
    labelled: pl.DataFrame, scores: pl.DataFrame, saluki: pl.DataFrame | None, genes: str
) -> pl.DataFrame:
    """Rows as the notebooks have them, by ``variant``; equal ones in order of the files.

    Parameters
    ----------
    labelled : DataFrame
        Positives and negatives (`labelled_variants.read_labelled`).
    scores : DataFrame
        Of `method_scores.read_folds`, in half precision, of both sides.
    saluki : DataFrame or None
        Of `method_scores.read_saluki`, of both sides. None leaves nothing out.
    genes : str
        "max": one row per variant, of the gene with the largest score, without the negatives whose
        group has no positive (TraitGym). A key: rows of the gene that the file names (eQTLs).

    Returns
    -------
    DataFrame
        variant, label, group, distance_bp, ``score`` and, if given, ``saluki``.
    """
    number = pl.col("score").fill_nan(0).fill_null(0)
    of_genes = scores.select("file", "variant", "gene_id", score=number)
    rows = labelled.join(of_genes, on=["file", "variant"], maintain_order="left_right")
    if genes == "max":
        rows = rows.sort("score", descending=True, maintain_order=True).unique(
            ["label", "variant"], keep="first", maintain_order=True
        )
    else:
        rows = rows.filter(gene_base("gene_id") == pl.col("gene"))
    if saluki is not None:
        rows = rows.join(saluki.rename({"score": SALUKI}), on="variant", maintain_order="left")
    if genes == "max":
        positives = rows.filter(pl.col("label") == 1)["group"].implode()
        rows = rows.filter((pl.col("label") == 1) | pl.col("group").is_in(positives))
    wanted = ["variant", "label", "group", "distance_bp", "score"]
    wanted += [SALUKI] if saluki is not None else []
    return rows.select(wanted).sort("variant", maintain_order=True)


def eqtl_draws(
    rows: pl.DataFrame, method: str, bounds: Sequence[int], seed: int, rounds: int = 100
) -> dict[int, Drawn]:
    """AUROC and average precision of draws up to each distance, as ``explore_eqtls_gtex`` draws.

    Parameters
    ----------
    rows : DataFrame
        Of `notebook_rows`.
    method : str
        Column of the scores.
    bounds : sequence of int
        In bp, in the order in which they are drawn.
    seed : int
        Of both metrics: the notebook draws one after the other.

    Returns
    -------
    dict
        Bound to draws.
    """
    state = np.random.RandomState(seed)
    found = {}
    for bound in bounds:
        near = rows.filter(pl.col("distance_bp") <= bound)
        sides = [near.filter(pl.col("label") == label) for label in (1, 0)]
        counts = _sides_drawn(sides[0]["variant"], sides[1]["group"], rounds, state)
        both = pl.concat(sides)
        labels = both["label"].to_numpy()
        drawn = rates_of(labels, both[method].to_numpy(), counts)
        found[bound] = Drawn(drawn, int(counts[0] @ labels))
    return found


def traitgym_draws(rows: pl.DataFrame, method: str, seed: int, rounds: int = 1000) -> Drawn:
    """The same of draws of 80 % of the positives and all of their negatives.

    As ``explore_traitgym`` draws, which scores all methods on the same draws: so do calls with one
    seed.
    """
    state = np.random.RandomState(seed)
    sides = [rows.filter(pl.col("label") == label) for label in (1, 0)]
    of_positives, of_negatives = (side["group"].to_numpy() for side in sides)
    order = np.arange(len(of_positives))
    counts = np.zeros((rounds, len(rows)), dtype=np.int64)
    for drawn in counts:
        state.shuffle(order)
        taken = order[: int(SHARE * len(order))]
        drawn[taken] = 1
        drawn[len(order) :] = np.isin(of_negatives, of_positives[taken])
    both = pl.concat(sides)
    values = rates_of(both["label"].to_numpy(), both[method].to_numpy(), counts)
    return Drawn(values, len(both))


def _sides_drawn(
    variants: pl.Series, partners: pl.Series, rounds: int, state: np.random.RandomState
) -> np.ndarray:
    """Which positives, then which negatives each round draws, (rounds, rows)."""
    sides = [variants.to_numpy(), partners.to_numpy()]
    orders = [np.arange(len(side)) for side in sides]
    counts = np.zeros((rounds, sum(map(len, orders))), dtype=np.int64)
    for drawn in counts:
        for order in orders:  # shuffled on from the last round
            state.shuffle(order)
        kept = [
            order[_first_distinct(side[order])] for side, order in zip(sides, orders, strict=True)
        ]
        positives = kept[0][np.isin(sides[0][kept[0]], sides[1][kept[1]])]
        negatives = kept[1][np.isin(sides[1][kept[1]], sides[0][positives])]
        n = int(SHARE * min(len(positives), len(negatives)))
        drawn[positives[:n]] = 1
        drawn[len(sides[0]) + negatives[:n]] = 1
    return counts


def _first_distinct(values: np.ndarray) -> np.ndarray:
    """Positions where a value is met for the first time."""
    return np.sort(np.unique(values, return_index=True)[1])
