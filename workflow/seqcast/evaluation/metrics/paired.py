"""Whether two methods differ on the same rows: p-values of paired differences, corrected by Holm.

A difference is divided by the standard deviation of its resamples, in which both methods have the
same rows, and compared with the normal distribution. For the AUROC of independent rows this is the
test of DeLong (1988), but it holds for any metric and for rows that come in groups. The fraction of
resamples beyond 0 would do as well, were it not limited to 2 / resamples: after a correction for
some ten comparisons, 1,000 resamples could not show any difference.
"""

import math
from collections.abc import Sequence

import numpy as np

from seqcast.evaluation.metrics.bootstrap import Drawn

LEAST = 1e-6  # that far out, a set of tens of variants does not follow the normal distribution


def p_value(difference: Drawn) -> float | None:
    """Two-sided p-value of a difference of 0.

    Parameters
    ----------
    difference : Drawn
        Of two methods, in the same resamples.

    Returns
    -------
    float or None
        At least `LEAST`. None where it is not defined, as without resamples. A difference that is
        the same in all resamples has 1 / (resamples + 1), or 1 if it is 0.
    """
    known = difference.values[~np.isnan(difference.values)]
    if np.isnan(difference.point) or len(known) < 2:
        return None
    error = float(known.std(ddof=1))
    if error <= 1e-12:  # rounding leaves sums of constants a spread of about 1e-16
        return 1.0 if abs(difference.point) <= 1e-12 else 1 / (len(known) + 1)
    return max(LEAST, math.erfc(abs(difference.point) / error / math.sqrt(2)))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """p-values corrected for their number: Holm (1979), which no dependence of the tests breaks.

    Parameters
    ----------
    p_values : sequence of float or None
        Of one family; None are not counted.

    Returns
    -------
    list of float or None
        The lowest threshold at which each is rejected together with all that are smaller.
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        found[i] = largest
    return found
