"""All comparisons of a model with the planted truth."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from seqcast.evaluation.metrics.bootstrap import Resampling, interval
from seqcast.evaluation.metrics.correlations import mean_ranks
from seqcast.evaluation.planted import planted_decay
from seqcast.evaluation.planted.measures import (
    ALL,
    CEILING,
    DECOY,
    DECOYS,
    GENES,
    LOSSES,
    MATCHED,
    NOISE,
    SHUFFLED,
    Measured,
    agreement,
    average,
    calibration_slope,
    measure_table,
    separation,
)
from seqcast.evaluation.planted.planted_half_lives import TRUE, half_life_measures
from seqcast.evaluation.planted.planted_intervals import interval_shares
from seqcast.evaluation.planted.planted_maps import recovered_elements
from seqcast.evaluation.planted.planted_variants import COMPARED
from seqcast.evaluation.planted.readouts import MAIN, SLOPE, WORDS

ELEMENTS = ("ARE", "PUM", "MIR", "STB", "PAS")
DISTANCES_BP = (0, 30, 100, 200, 400)  # from the variant to the nearest cleavage site; chosen
LEAST_EFFECT, LEAST_RATE_PER_H = 0.05, 0.01  # true effects that have a sign: log2, and 1/h
LEAST_RATE_FITTED_PER_H = 0.01  # below it a rate counts as this: a half-life of 69 h
PERMUTATIONS = 1000
CAUSAL_KINDS = ["causal", "matched"]
SENSITIVITY = 0.9  # fraction of causal variants that a threshold on sizes lets pass


def evaluate(
    variants: pl.DataFrame, genes: pl.DataFrame, how: Resampling | None = None,
    bases: pl.DataFrame | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Every measure with its threshold.

    Parameters
    ----------
    variants : DataFrame
        As `planted_variants.compare_variants` returns it.
    genes : DataFrame
        As `planted_decay.compare_genes` returns it.
    how : Resampling, optional
        Of the intervals, over genes.
    bases : DataFrame, optional
        As `planted_maps.compare_bases` returns it.

    Returns
    -------
    DataFrame
        `measures.SCHEMA`. Rows whose status is not "compared" count nowhere.
    """
    how = how or Resampling()
    used = variants.filter(pl.col("status") == COMPARED)
    found = [
        *decay_rates(genes, how),
        *separations(used, how),
        *effects(used, how),
        *calibration(used, how),
        *controls(used, how),
        *called_shares(used, how),
        *graded_losses(used, how),
        *fold_disagreement(used, how),
        *(half_life_measures(used, how) if TRUE in used.columns else ()),
        *(interval_shares(used, how) if "low" in used.columns else ()),
        *(() if bases is None or bases.is_empty() else recovered_elements(bases, how)),
    ]
    return measure_table(found)


def log_rate(rates: np.ndarray) -> np.ndarray:
    """ln of rates in 1/h, those below `LEAST_RATE_FITTED_PER_H` counted as that; NaN stays."""
    logs: np.ndarray = np.log(np.fmax(rates, LEAST_RATE_FITTED_PER_H))
    return np.where(np.isnan(rates), np.nan, logs)


def decay_rates(genes: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """Fitted against true decay rates: ``decay_r`` (Pearson of ln rates) and two others.

    Of the ensemble (group `GENES`), of the expected coverage (the ceiling), and of each fold.
    """
    used = genes.filter(pl.col("status") == planted_decay.COMPARED)
    ids = used["gene_id"].to_numpy()
    true = _numbers(used, "true_rate_per_h")
    groups = {"predicted_rate_per_h": GENES, "expected_rate_per_h": CEILING}
    groups |= {
        name: f"fold {name.removeprefix(planted_decay.FOLD_RATE)}"
        for name in used.columns
        if name.startswith(planted_decay.FOLD_RATE)
    }
    fit = "rate = -slope of ln(1 + exonic coverage) over the ActD times; Pearson of ln rates"
    for column, group in groups.items():
        rates = _numbers(used, column)
        logs = log_rate(true), log_rate(rates), ids
        yield from agreement({"pearson": "decay_r"}, group, logs, how, fit)
        yield from agreement(
            {"spearman": "decay_spearman", "pearson": "decay_r_linear"}, group, (true, rates, ids),
            how, "of rates in 1/h",
        )  # fmt: skip


def separations(used: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """Causal against matched controls: all, by element, by distance, and by single readouts.

    By element: the causal ones of an element against their own matches. By distance: each variant
    in the bin of its own distance to the cleavage site.
    """
    both = used.filter(pl.col("kind").is_in(CAUSAL_KINDS))
    yield from separation(both, "causal", ALL, how, note="by mean |logSED| over tracks")
    for element in ELEMENTS:
        pairs = both.filter(kind="causal", element=element)["pair"]
        own = both.filter(pl.col("pair").is_in(pairs.implode()))
        yield from separation(own, "causal", f"element {element}", how)
    for group, bounds in distance_bins().items():
        near = both.filter(pl.col("pas_distance_bp").is_between(*bounds, closed="left"))
        yield from separation(near, "causal", group, how)
    for name in _readouts(used):
        note = f"by magnitude of: {WORDS[name]}"
        yield from separation(both, "causal", f"readout {name}", how, f"predicted_{name}", note)


def distance_bins() -> dict[str, tuple[float, float]]:
    """Names of the bins of distance, and their half-open bounds in bp."""
    ends = [*DISTANCES_BP[1:], float("inf")]
    return {
        f"distance {low}-{high - 1} bp" if np.isfinite(high) else f"distance {low}+ bp": (low, high)
        for low, high in zip(DISTANCES_BP, ends, strict=True)
    }


def effects(used: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """Predicted against true effects of causal variants, by readout, then with matches."""
    causal = used.filter(kind="causal")
    names = {"spearman": "effect_spearman", "pearson": "effect_pearson"}
    for name in _readouts(used):
        yield from agreement(names, name, _columns(causal, name), how, WORDS[name])
        yield _signs(causal, name, how)
    both = used.filter(pl.col("kind").is_in(CAUSAL_KINDS))
    note = f"{WORDS[MAIN]}; half of the true effects are 0"
    yield from agreement(names, f"{MAIN}, causal and matched", _columns(both, MAIN), how, note)
    yield _share(causal, ALL, how)
    for element in ELEMENTS:
        own = causal.filter(element=element)
        yield from agreement(names, f"{MAIN}, {element}", _columns(own, MAIN), how, WORDS[MAIN])
        yield _share(own, f"element {element}", how)
    for word, sign in (("raised", 1), ("lowered", -1)):
        one = causal.filter(pl.col(f"true_{MAIN}").sign() == sign)
        told = f"{WORDS[MAIN]}, of variants whose true effect has one sign"
        yield from agreement(names, f"{MAIN}, {word}", _columns(one, MAIN), how, told)


def calibration(used: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """Lines of true over predicted effects of causal variants: all, and by element."""
    causal = used.filter(kind="causal")
    groups = {ALL: causal} | {f"element {name}": causal.filter(element=name) for name in ELEMENTS}
    note = f"line of true over predicted effects; 1 is the right size: {WORDS[MAIN]}"
    for group, own in groups.items():
        yield calibration_slope(group, _columns(own, MAIN), how, note)


def _share(causal: pl.DataFrame, group: str, how: Resampling) -> Measured:
    """Sum of predicted effects, in the true direction, over that of true ones: 1 is full size."""
    true, predicted, genes = _columns(causal, MAIN)
    known = ~np.isnan(predicted) & (true != 0)
    size = np.abs(true[known])
    shares = np.sign(true[known]) * predicted[known] / size
    note = f"predicted over true effect, weighted by the true one: {WORDS[MAIN]}"
    return average("effect_share", group, shares, genes[known], how, note, size)


def _signs(causal: pl.DataFrame, name: str, how: Resampling) -> Measured:
    """Fraction of causal variants whose effect has the right sign; a prediction of 0 is wrong."""
    least = LEAST_RATE_PER_H if name == SLOPE else LEAST_EFFECT
    true, predicted, genes = _columns(causal, name)
    large = np.abs(true) >= least
    right = np.sign(true[large]) == np.sign(predicted[large])
    note = f"of true effects of {least:g} or more; {int((~large).sum())} are smaller"
    return average("sign_accuracy", name, right, genes[large], how, note)


def controls(used: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """What must not be distinguished: decoys and their matches, and shuffled labels.

    In addition what must: causal variants from decoys, which break the same elements elsewhere. The
    labels of causal and matched controls are permuted `PERMUTATIONS` times; the value is the
    mean AUROC, and the interval holds 95 % of the single ones.
    """
    decoys = used.filter(pl.col("kind").is_in(["decoy", "decoy_matched"]))
    n = [decoys.filter(kind=kind).height for kind in ("decoy", "decoy_matched")]
    spread = np.sqrt(
        (sum(n) + 1) / (12 * max(n[0] * n[1], 1))
    )  # of Mann-Whitney's U over its range
    note = (
        "elements broken where they do nothing, against neutral variants; the AUROC of a "
        f"score that knows nothing scatters by {spread:.3f} (one standard deviation)"
    )
    yield from separation(decoys, "decoy", DECOYS, how, note=note)
    elsewhere = used.filter(pl.col("kind").is_in(["causal", "decoy"]))
    note = "elements broken where they work, against where they do nothing"
    yield from separation(elsewhere, "causal", "causal against decoys", how, note=note)
    both = used.filter(pl.col("kind").is_in(CAUSAL_KINDS)).drop_nulls("size")
    drawn = shuffled_areas(
        (both["kind"] == "causal").to_numpy(), both["size"].to_numpy(), PERMUTATIONS, how.seed
    )
    if drawn is None:
        yield Measured("auroc", SHUFFLED, None, None, None, len(both), "one kind is missing")
        return
    note = f"mean of {PERMUTATIONS} permutations; the interval is of single ones"
    yield Measured("auroc", SHUFFLED, float(drawn.mean()), *interval(drawn), len(both), note)


def shuffled_areas(
    labels: np.ndarray, sizes: np.ndarray, permutations: int, seed: int
) -> np.ndarray | None:
    """AUROC of each of some permutations of the labels; None where a class is empty.

    Parameters
    ----------
    labels : ndarray of bool, shape=(rows,)
    sizes : ndarray of float, shape=(rows,)
    permutations, seed : int
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return None
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(labels, (permutations, 1)), axis=1)
    sums = shuffled @ mean_ranks(sizes)
    areas: np.ndarray = (sums - positives * (positives + 1) / 2) / (positives * negatives)
    return areas


def called_shares(used: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """Fraction of each kind without effect that passes with `SENSITIVITY` of the causal variants.

    An AUROC sees the order of sizes only: decoys that all score a tenth of a causal variant, and
    neutral ones that score less, give 1. This tells how many would be taken for causal. Poly(A)
    signals have no decoys: with the causal variants of the other elements alone, the size is what
    a broken element has where it works.
    """
    causal = used.filter(kind="causal")
    sizes = {
        "": causal["size"],
        ", PAS left out": causal.filter(pl.col("element") != "PAS")["size"],
    }
    for without, reached in sizes.items():
        least = reached.quantile(1 - SENSITIVITY, "lower")
        known = used.clear() if least is None else used.drop_nulls("size")
        called = known.with_columns(called=pl.col("size") >= pl.lit(least, pl.Float64))
        size = "" if least is None else f" of {least:.3f} log2"
        note = f"have a size{size} that {SENSITIVITY:.0%} of causal variants reach{without}"
        for kind in (MATCHED, DECOY, "decoy_matched"):
            values, genes = (
                called.filter(kind=kind)[name].to_numpy() for name in ("called", "gene_id")
            )
            group = kind.replace("_", " ") + without
            yield average("called_share", group, values, genes, how, note)


def graded_losses(used: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """AU-rich elements without one and without both outer U: the second should matter more.

    Effects are `readouts.MAIN`, counted in the direction of the true effect of the second loss.
    """
    pairs = graded_pairs(used)
    one, two, genes = (pairs[name].to_numpy() for name in ("one", "two", "gene_id"))
    larger = (two > one) + 0.5 * (two == one)
    note = "fraction of elements whose two-U loss has the larger predicted effect"
    yield average("graded_share", LOSSES, larger, genes, how, note)
    for name, column in (("one U lost", "one"), ("two U lost", "two")):
        for kind in ("predicted", "true"):
            values = pairs[column if kind == "predicted" else f"true_{column}"].to_numpy()
            yield average(f"graded_mean_{kind}", name, values, genes, how, WORDS[MAIN])


def graded_pairs(used: pl.DataFrame) -> pl.DataFrame:
    """One row per element: gene_id, one, two (predicted effects), true_one, true_two.

    All in the direction of the true effect of the two-U loss.
    """
    columns = {f"predicted_{MAIN}": "", f"true_{MAIN}": "true_"}
    both = [
        used.filter(kind=f"{n}_u_lost").select(
            "pair", "gene_id", **{f"{new}{n}": old for old, new in columns.items()}
        )
        for n in ("one", "two")
    ]
    pairs = both[0].join(both[1].drop("gene_id"), on="pair", maintain_order="left").drop_nulls()
    sign = pl.col("true_two").sign()
    return pairs.select("gene_id", *(pl.col(c) * sign for c in ("one", "two")),
                        *(pl.col(f"true_{c}") * sign for c in ("one", "two")))  # fmt: skip


def fold_disagreement(used: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """Whether folds differ more where their mean is more wrong: Spearman over variants."""
    both = used.filter(pl.col("kind").is_in(CAUSAL_KINDS))
    note = "Spearman of |predicted - true| with the spread over folds"
    for group, rows in ((NOISE, both), ("causal", both.filter(kind="causal"))):
        true, predicted, genes = _columns(rows, MAIN)
        columns = np.abs(predicted - true), _numbers(rows, f"spread_{MAIN}"), genes
        yield from agreement({"spearman": "fold_disagreement"}, group, columns, how, note)


def _readouts(table: pl.DataFrame) -> list[str]:
    return [name for name in WORDS if f"true_{name}" in table.columns]


def _columns(rows: pl.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True and predicted numbers of a readout, and the genes."""
    true, predicted = (_numbers(rows, f"{part}_{name}") for part in ("true", "predicted"))
    return true, predicted, rows["gene_id"].to_numpy()


def _numbers(table: pl.DataFrame, name: str) -> np.ndarray:
    """A column as float64, null as NaN."""
    return table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
