"""Decay rates of genes, fitted to their coverage over a time course."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.coverage.gene_matrices import TOLD, GeneMatrix
from seqcast.evaluation.metrics.correlations import varying
from seqcast.genome.time_courses import FEWEST_TIMES, named_times
from seqcast.genome.tracks import compiled

SHAPES = ("decay", "labelling")
LEAST = 0.02  # fraction of RNA: less change, or less rest, is noise of sequencing
# GAPDH coverage of the published HEK293 4sU course, by hours of chase; of no other data
HEK293_GAPDH = {1: 66.6, 2: 153.0, 4: 335.1, 8: 320.8, 12: 388.3, 24: 389.3}
USED, NO_TIME, MANY_TIMES = "used", "no_time", "several_times"
VALID, NO_COVERAGE, CONSTANT = "valid", "no_coverage", "constant"
RATE_AT_BOUND, AMPLITUDE_AT_BOUND = "rate_at_bound", "amplitude_at_bound"
COLUMNS = (
    "gene_id", "amplitude", "decay_rate_per_h", "log2_decay_rate", "half_life_h", "rmse", "status",
)  # fmt: skip
GRID, STEPS = 128, 48  # of ln K: points to bracket the minimum, and steps of the golden section
GOLDEN = (np.sqrt(5) - 1) / 2
NEAR = 1e-6  # of ln K or A to a bound


@dataclass(frozen=True)
class DecayOptions:
    """The curve and what limits it; as published unless said otherwise.

    Attributes
    ----------
    shape : str
        "decay", A exp(-K (t - `amplitude_at_h`)): what is left of RNA that was there (actinomycin
        D, or a 4sU chase). "labelling", A (1 - exp(-K t)): what was made since (4sU pulse; not
        published).
    penalty : float
        Factor of ln(K / `usual_rate_per_h`)**2, which pulls K there, the more the less the data
        say.
    amplitude, rate_per_h : tuple of (float, float)
        Bounds of A (of a gene's largest value) and K. The published half-lives are 41.6 min or
        more, whatever the times.
    usual_rate_per_h : float
    amplitude_at_h : float
        When A is the value of a decay.
    """

    shape: str = "decay"
    penalty: float = 1e-3
    amplitude: tuple[float, float] = (1e-3, 2.0)
    rate_per_h: tuple[float, float] = (1e-3, 1.0)
    usual_rate_per_h: float = 1.0
    amplitude_at_h: float = 0.0

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise InputError(f"shape is {self.shape!r}; expected 'decay' or 'labelling'")
        for name, (low, high) in (("amplitude", self.amplitude), ("rate_per_h", self.rate_per_h)):
            if not 0 < low < high:
                raise InputError(f"bounds of {name} are {low}, {high}; expected 0 < low < high")
        if self.penalty < 0 or self.usual_rate_per_h <= 0:
            raise InputError(
                f"penalty is {self.penalty}, the usual rate {self.usual_rate_per_h}; expected 0 or "
                "more, and more than 0"
            )

    @classmethod
    def of_times(
        cls, times_h: np.ndarray, shape: str = "decay", half_life_h: Sequence[float] = ()
    ) -> Self:
        """Bounds that follow the sampled times, so that hours and minutes are fitted alike.

        Parameters
        ----------
        times_h : ndarray, shape=(times,)
            `FEWEST_TIMES` different ones or more.
        shape : str
        half_life_h : sequence of float, optional
            The shortest and the longest half-life to tell. Empty: from `LEAST` of the RNA left at
            the second time of a decay to `LEAST` of it lost at the last one (of a labelling:
            still to come at the first time after 0, and there at the last one). In the middle
            of these is the usual rate.

        Raises
        ------
        InputError
            If half-lives are not ascending.
        """
        if len(half_life_h) and not 0 < half_life_h[0] < half_life_h[-1]:
            raise InputError(
                f"half-lives from {half_life_h[0]} to {half_life_h[-1]} h; expected the shortest, "
                "above 0, and then the longest"
            )
        times = np.unique(np.asarray(times_h, float))
        start = times[0] if shape == "decay" else 0.0
        after = times[times > start] - start
        told = -np.log1p(-LEAST) / after[-1], -np.log(LEAST) / after[0]
        low, high = np.log(2) / np.array(half_life_h[::-1]) if len(half_life_h) else told
        usual = np.clip(np.sqrt(told[0] * told[1]), low, high)
        return cls(shape, rate_per_h=(float(low), float(high)), usual_rate_per_h=float(usual),
                   amplitude_at_h=float(start))  # fmt: skip

    @property
    def half_life_h(self) -> tuple[float, float]:
        """Bounds of the half-life."""
        low, high = self.rate_per_h
        return float(np.log(2) / high), float(np.log(2) / low)


@dataclass(frozen=True)
class Course:
    """Tracks of a time course.

    Attributes
    ----------
    times_h : ndarray of float, shape=(times,)
        Ascending, each once.
    members : tuple of tuple of str
        Identifiers of the replicates of each time.
    tracks : DataFrame
        identifier, description, time_h, status ("used", "no_time", "several_times"): every track
        that the pattern matched.
    """

    times_h: np.ndarray
    members: tuple[tuple[str, ...], ...]
    tracks: pl.DataFrame

    def values(self, matrix: GeneMatrix) -> np.ndarray:
        """Coverage of genes at each time, (genes, times): the mean of the replicates, not log2."""
        columns = [(2 ** matrix.columns(names) - 1).mean(axis=1) for names in self.members]
        return np.stack(columns, axis=1)


def time_h(description: str) -> tuple[float | None, str]:
    """The time that a description names (`named_times`), and a status of `Course`.

    None where it names none, or several that differ, as of a pulse and a chase.
    """
    found = named_times(description).hours
    if len(found) == 1:
        return found[0], USED
    return None, MANY_TIMES if found else NO_TIME


def find_course(identifiers: Sequence[str], descriptions: Sequence[str], pattern: str) -> Course:
    """Tracks whose description matches a pattern, by their time.

    Parameters
    ----------
    identifiers, descriptions : sequence of str
        A track each.
    pattern : str
        Regular expression, searched for anywhere: ``RNA:4sU:HEK293_.*_R1`` is the published one.

    Raises
    ------
    InputError
        If the pattern is broken or matches nothing, or tells fewer than `FEWEST_TIMES` times.
    """
    wanted = compiled(pattern, "pattern ")
    matched = [
        pair for pair in zip(identifiers, descriptions, strict=True) if wanted.search(pair[1])
    ]
    if not matched:
        raise InputError(
            f"pattern {pattern!r} matches the description of none of {len(identifiers)} tracks, "
            f"such as {list(descriptions)[:TOLD]}; expected those of a time course"
        )
    rows = [(name, said, *time_h(said)) for name, said in matched]
    replicates: dict[float, list[str]] = {}
    for name, _, hours, _ in rows:
        if hours is not None:
            replicates.setdefault(hours, []).append(name)
    times = sorted(replicates)
    if len(times) < FEWEST_TIMES:
        raise InputError(
            f"the {len(rows)} tracks that match {pattern!r} are of the times {times} h; expected "
            f"{FEWEST_TIMES} times or more, each written like '8h' or '30 min' in the description "
            f"({[said for _, said, hours, _ in rows if hours is None][:TOLD]} name none or several)"
        )
    schema = {"identifier": pl.String, "description": pl.String, "time_h": pl.Float64,
              "status": pl.String}  # fmt: skip
    return Course(
        np.array(times),
        tuple(tuple(replicates[hours]) for hours in times),
        pl.DataFrame(rows, schema=schema, orient="row"),
    )


def reference_values(matrix: GeneMatrix, course: Course, gene_id: str) -> np.ndarray:
    """Coverage of a reference gene at each time, to divide by; `HEK293_GAPDH` are such numbers.

    Raises
    ------
    InputError
        If the gene is missing, or has no coverage at a time.
    """
    place = np.flatnonzero(matrix.genes == gene_id)
    if not len(place):
        raise InputError(
            f"reference gene {gene_id!r} is none of {len(matrix.genes)} genes such as "
            f"{matrix.genes[:TOLD].tolist()}; expected one, with its version"
        )
    values = course.values(matrix)[place[0]]
    if (values <= 0).any():
        raise InputError(
            f"reference gene {gene_id!r} has no coverage at {course.times_h[values <= 0].tolist()} "
            "h; expected some at each time. Take another gene."
        )
    return values


def fit_decays(
    genes: Sequence[str] | np.ndarray, times_h: np.ndarray, values: np.ndarray,
    normalisers: Sequence[float] | np.ndarray | None = None,
    options: DecayOptions = DecayOptions(),
) -> pl.DataFrame:  # fmt: skip
    """Fit a curve to the coverage of each gene.

    Minimises mean((curve - y)**2) + penalty ln(K / usual rate)**2, with y a gene's values over
    their largest.

    Parameters
    ----------
    genes : sequence of str
    times_h : ndarray, shape=(times,)
    values : ndarray, shape=(genes, times)
        Coverage, not log2; finite and >= 0.
    normalisers : sequence of float, optional
        What the values at each time are divided by, such as `HEK293_GAPDH` or `reference_values`.
    options : DecayOptions

    Returns
    -------
    DataFrame
        `COLUMNS`, one row per gene. ``log2_decay_rate`` is the published score: log2 K, a rate,
        though the original names its columns half-lives. ``rmse`` of y. Genes without coverage or
        with the same value at each time have no numbers. Those at a bound have numbers, but of the
        bound, not of the course.

    Raises
    ------
    InputError
        If shapes do not fit, there are fewer than `FEWEST_TIMES` times, a value is negative or not
        finite, or a normaliser is not positive.

    Notes
    -----
    borzoi-paper at ec33b15, eval_gene_expr_hek293_4su, which searches from A = 1, K = 1. Given K
    the best A is known, so that one search over ln K finds the lowest of all minima here.
    """
    y, status = _checked(np.asarray(times_h, float), np.asarray(values, float), normalisers, genes)
    fitted = status == VALID
    log_rate, amplitude, mse = _best(np.asarray(times_h, float), y[fitted], options)
    for name, found, bounds in (
        (AMPLITUDE_AT_BOUND, amplitude, np.array(options.amplitude)),
        (RATE_AT_BOUND, log_rate, np.log(options.rate_per_h)),
    ):
        at_bound = (np.abs(found[:, None] - bounds) < NEAR).any(axis=1)
        status[np.flatnonzero(fitted)[at_bound]] = name
    numbers = np.full((5, len(y)), np.nan)
    numbers[:, fitted] = (
        amplitude, np.exp(log_rate), log_rate / np.log(2), np.log(2) / np.exp(log_rate),
        np.sqrt(mse),
    )  # fmt: skip
    columns = dict(zip(COLUMNS[1:-1], numbers, strict=True))
    table = pl.DataFrame({"gene_id": list(map(str, genes)), **columns, "status": status.tolist()})
    return table.with_columns(pl.selectors.float().fill_nan(None))


def _checked(
    times_h: np.ndarray, values: np.ndarray, normalisers: Sequence[float] | np.ndarray | None,
    genes: Sequence[str] | np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Values over the largest of each gene, and the status of genes before the fit."""
    if values.shape != (len(genes), len(times_h)):
        raise InputError(
            f"values have the shape {values.shape}; expected ({len(genes)} genes, "
            f"{len(times_h)} times)"
        )
    if (
        len(set(times_h.tolist())) < FEWEST_TIMES
        or not (np.isfinite(times_h) & (times_h >= 0)).all()
    ):
        raise InputError(
            f"times are {times_h.tolist()} h; expected {FEWEST_TIMES} different ones or more, >= 0"
        )
    if bad := np.argwhere(~(np.isfinite(values) & (values >= 0))).tolist():
        gene, time = bad[0]
        raise InputError(
            f"gene {str(genes[gene])!r} has {values[gene, time]} at {times_h[time]} h; expected "
            "coverage, >= 0 and finite. Leave the gene out."
        )
    divisors = np.ones(len(times_h)) if normalisers is None else np.array(normalisers, float)
    if divisors.shape != times_h.shape or not (divisors > 0).all():
        raise InputError(
            f"normalisers are {divisors.tolist()}; expected a positive number for each of "
            f"{times_h.tolist()} h"
        )
    y = values / divisors
    largest = y.max(axis=1)
    status = np.full(len(y), VALID, dtype=object)
    status[~varying(y.T)] = CONSTANT
    status[largest <= 0] = NO_COVERAGE
    return y / np.where(largest > 0, largest, 1)[:, None], status


def _best(
    times_h: np.ndarray, y: np.ndarray, options: DecayOptions
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per gene ln K, A and the mean squared error, at the lowest loss; y is (genes, times)."""
    low, high = np.log(options.rate_per_h)
    grid = np.linspace(low, high, GRID)
    losses = np.stack([_loss(times_h, y, np.full(len(y), at), options)[0] for at in grid], axis=1)
    best = losses.argmin(axis=1)
    left, right = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, GRID - 1)]
    for _ in range(STEPS):
        inner = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
        lower = _loss(times_h, y, inner[0], options)[0] < _loss(times_h, y, inner[1], options)[0]
        left, right = np.where(lower, left, inner[0]), np.where(lower, inner[1], right)
    ends = np.where(best == 0, low, np.where(best == GRID - 1, high, (left + right) / 2))
    middle = (left + right) / 2
    at_end = _loss(times_h, y, ends, options)[0] <= _loss(times_h, y, middle, options)[0]
    log_rate = np.where(at_end, ends, middle)
    _, amplitude, mse = _loss(times_h, y, log_rate, options)
    return log_rate, amplitude, mse


def _loss(
    times_h: np.ndarray, y: np.ndarray, log_rate: np.ndarray, options: DecayOptions
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loss with the best A for these ln K, that A, and the mean squared error, a gene each."""
    left = np.exp(-np.exp(log_rate)[:, None] * (times_h - options.amplitude_at_h))
    curve = left if options.shape == "decay" else 1 - left
    # the error is a parabola in A: within bounds its minimum is the free one, clipped
    amplitude = np.clip((y * curve).sum(axis=1) / (curve**2).sum(axis=1), *options.amplitude)
    mse = ((amplitude[:, None] * curve - y) ** 2).mean(axis=1)
    pull = options.penalty * (log_rate - np.log(options.usual_rate_per_h)) ** 2
    return mse + pull, amplitude, mse
