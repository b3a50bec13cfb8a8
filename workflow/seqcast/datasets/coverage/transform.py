"""From coverage per base to the numbers that a coverage model is trained on.

Counts span orders of magnitude. They are summed over bins, compressed by a root, compressed again
above a soft limit, and cut at a hard one; `seqcast.genome.tracks.Tracks.untransform` goes back.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqcast.core.errors import InputError
from seqcast.genome.tracks import SUM_STAT

POOLS: dict[str, Callable[..., np.ndarray]] = {"sum": np.sum, "mean": np.mean, "max": np.max}
HALF = np.finfo(np.float16)


@dataclass(frozen=True)
class TargetTransform:
    """What is done to the coverage of one track, as its row of a targets table says.

    Attributes
    ----------
    sum_stat : str
        ``sum``, ``mean`` or ``max`` over the bases of a bin; with ``_sqrt``, then
        ``sqrt(1 + x) - 1``; with ``_exp75``, then ``(1 + x) ** 0.75 - 1``.
    scale : float
        Factor of the coverage, before anything else: scale and norm_factor of the targets table.
    clip : float or None
        Hard limit of the result, above and below 0.
    clip_soft : float or None
        Above it, x becomes ``clip_soft - 1 + sqrt(x - clip_soft + 1)``.
    old : bool
        The transform of the first Borzoi datasets: ``_sqrt`` means x ** 0.75, the soft clip is
        ``clip_soft + sqrt(x - clip_soft)``, and the scale comes last.

    Raises
    ------
    InputError
        If the statistic is unknown, a number is not finite and above 0, or clip is below clip_soft.

    Notes
    -----
    baskerville ``hound_data_read.py`` at 544073b. Its ``median`` and ``peak`` are not there: the
    first fails in the original, the second has no inverse. With clip equal to clip_soft, as in
    the published ``sum_sqrt`` tracks, the soft clip is cut at once.
    """

    sum_stat: str
    scale: float = 1.0
    clip: float | None = None
    clip_soft: float | None = None
    old: bool = False

    def __post_init__(self) -> None:
        if not SUM_STAT.fullmatch(self.sum_stat):
            raise InputError(
                f"sum_stat {self.sum_stat!r}; expected sum, mean or max, perhaps with _sqrt or "
                "_exp75. Fix the targets table."
            )
        if self.old and self.sum_stat.endswith("_exp75"):
            raise InputError(
                f"sum_stat {self.sum_stat!r} with the old transform, which has no such statistic; "
                "expected _sqrt (that is x ** 0.75 there) or none. Use the current transform."
            )
        for name in ("scale", "clip", "clip_soft"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InputError(
                    f"{name} {value}; expected a finite number above 0 (clip and clip_soft may "
                    "be left out). Fix the targets table."
                )
        if self.clip is not None and self.clip_soft is not None and self.clip < self.clip_soft:
            raise InputError(
                f"clip {self.clip} is below clip_soft {self.clip_soft}, which then does nothing; "
                "expected clip of at least clip_soft. Fix the targets table."
            )

    def apply(self, values: np.ndarray, bin_size_bp: int) -> np.ndarray:
        """Transform coverage per base.

        Parameters
        ----------
        values : ndarray of float, shape=(length_bp,)
            Coverage, at least 0, without NaN. Sums are taken in float32.
        bin_size_bp : int
            Bases a bin.

        Returns
        -------
        ndarray of float16, shape=(length_bp / bin_size_bp,)
            What lies beyond float16 (65,504) becomes its largest number.

        Raises
        ------
        ValueError
            If the length is no multiple of the bins'.
        """
        bins = values.reshape(-1, bin_size_bp)
        pool, _, power = self.sum_stat.partition("_")
        with np.errstate(over="ignore"):  # beyond float32 is inf, which the limits cut
            scaled = bins if self.old else self.scale * bins
            pooled = POOLS[pool](scaled.astype(np.float32, copy=False), axis=1)
        done = self._limit(_compress(pooled, power, self.old))
        if self.old:
            done = self.scale * done
        return done.clip(HALF.min, HALF.max).astype(np.float16)

    def _limit(self, x: np.ndarray) -> np.ndarray:
        """Soft and hard clip."""
        if self.clip_soft is not None:
            base = self.clip_soft if self.old else self.clip_soft - 1
            above = x > self.clip_soft
            x[above] = base + np.sqrt(x[above] - base)
        return x if self.clip is None else x.clip(-self.clip, self.clip)


def _compress(x: np.ndarray, power: str, old: bool) -> np.ndarray:
    """The root of a statistic; its inverse at the same place is ``Tracks.untransform``."""
    if not power:
        return x
    if old:
        return x**0.75
    return -1 + (np.sqrt(1 + x) if power == "sqrt" else (1 + x) ** 0.75)
