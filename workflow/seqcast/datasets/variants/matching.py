"""Variants without an effect that match those with one: alleles, expression, distance.

After borzoi's data/qtl/{paqtl_vcfs,make_expression_tables}.py (calico/borzoi-paper at ec33b15),
with one seed instead of the order of Python sets.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

BIN_LOG2 = 0.4  # width of the bins of expression
NEIGHBOUR_LOG2 = 0.15  # a gene this near to the end of its bin may be matched by those beyond
QUANTILES = (0.0075, 0.9925)  # of the expressed genes; what is beyond them is of the outer bins
NOT_EXPRESSED = -1


class Bins(NamedTuple):
    """Bins of expression of genes, ascending; `NOT_EXPRESSED` of those with 0 TPM.

    Attributes
    ----------
    own, lower, upper : ndarray of int, shape=(genes,)
        Of the gene, and of a gene with a little less or more.
    """

    own: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def expression_bins(tpm: np.ndarray) -> Bins:
    """Bins of log2 TPM.

    Parameters
    ----------
    tpm : ndarray, shape=(genes,)
    """
    expressed = tpm > 0
    found = [np.full(len(tpm), NOT_EXPRESSED) for _ in Bins._fields]
    if expressed.any():
        level = np.log2(tpm[expressed])
        low, high = np.quantile(level, QUANTILES)
        level = level.clip(low, high)
        ends = np.linspace(low, high, int((high - low) / BIN_LOG2) + 1)[1:]
        for bins, shift in zip(found, (0, -NEIGHBOUR_LOG2, NEIGHBOUR_LOG2), strict=True):
            bins[expressed] = np.digitize(level + shift, ends, right=True)
    return Bins(*found)


def match_negatives(
    positives: pl.DataFrame, negatives: pl.DataFrame, same_gene: bool, same_alleles: bool,
    seed: int,
) -> np.ndarray:  # fmt: skip
    """The negative of each positive: of like expression, the nearest in distance to a site.

    Positives choose in turn, in an order by the seed, among what is left: with `same_gene` first
    in their gene; then in the genes of their bin of expression, of the one below, of the one
    above. With `same_alleles` all of that is tried with the same REF and ALT before it is tried
    with any. Among equally near ones the seed decides.

    Parameters
    ----------
    positives, negatives : DataFrame
        ref, alt, gene, distance_bp, own, and of positives lower and upper: bins of expression.
    same_gene, same_alleles : bool
    seed : int

    Returns
    -------
    ndarray of int, shape=(positives,)
        Rows of `negatives`, each at most once; -1 where none is left.
    """
    rng = np.random.default_rng(seed)
    order, priority = rng.permutation(len(positives)), rng.permutation(len(negatives))
    pool = _Pool(negatives, priority)
    chosen = np.full(len(positives), -1)
    rows = positives.select("gene", "own", "lower", "upper", "ref", "alt", "distance_bp").rows()
    for i in order:
        gene, own, lower, upper, ref, alt, distance_bp = rows[i]
        places = [("gene", gene)] * same_gene
        bins = [("own", number) for number in dict.fromkeys((own, lower, upper))]
        alleles = [(ref, alt), None] if same_alleles else [None]
        tries = [(place, pair) for place in places for pair in alleles]
        tries += [(place, pair) for pair in alleles for place in bins]
        for place, pair in tries:
            if (row := pool.nearest(place, pair, distance_bp)) is not None:
                chosen[i] = row
                break
    return chosen


class _Pool:
    """Negatives that are left, by gene and by bin of expression."""

    def __init__(self, negatives: pl.DataFrame, priority: np.ndarray) -> None:
        self.distance_bp = negatives["distance_bp"].to_numpy()
        self.priority, self.free = priority, np.ones(len(negatives), dtype=bool)
        self.rows: dict[tuple, np.ndarray] = {}
        numbered = negatives.with_row_index("at")
        for column in ("gene", "own"):
            for key, rows in numbered.group_by(column, "ref", "alt"):
                self.rows[(column, key[0]), key[1:]] = rows["at"].to_numpy()
            for key, rows in numbered.group_by(column):
                self.rows[(column, key[0]), None] = rows["at"].to_numpy()

    def nearest(
        self, place: tuple[str, str | int], alleles: tuple[str, str] | None, distance_bp: int
    ) -> int | None:
        """Take the free row of a place that is nearest in distance; None if there is none."""
        rows = self.rows.get((place, alleles))
        rows = None if rows is None else rows[self.free[rows]]
        if rows is None or not len(rows):
            return None
        gap = np.abs(self.distance_bp[rows] - distance_bp)
        row = int(rows[np.lexsort((self.priority[rows], gap))[0]])
        self.free[row] = False
        return row
