"""Effects that are read from the scores of tracks: each a weighted sum over tracks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcast.core.errors import InputError
from seqcast.simulate.assays import ASSAYS

MAIN = "actd"  # decay and level are both in it
SLOPE = "decay"
KINDS = {
    "actd": "mean logSED over the ActD times",
    "4su": "mean logSED over the 4sU times",
    "total": "logSED of total RNA",
    "cage": "logSED of CAGE",
    "clip": "mean logSED over CLIP tracks",
}
WORDS = {MAIN: KINDS[MAIN], SLOPE: "change of the fitted decay rate, 1/h", **KINDS}


@dataclass(frozen=True)
class Readouts:
    """Weights of tracks in each effect.

    Attributes
    ----------
    names : tuple of str
        Of `WORDS`, those that the tracks allow.
    weights : ndarray, shape=(readouts, tracks)
    """

    names: tuple[str, ...]
    weights: np.ndarray

    def of(self, scores: np.ndarray) -> np.ndarray:
        """Effects (rows, readouts) of scores (rows, tracks)."""
        effects: np.ndarray = scores @ self.weights.T
        return effects


def time_course() -> tuple[list[str], np.ndarray]:
    """Names of the ActD assays, without strand, and their times in h, ascending."""
    course = sorted((a for a in ASSAYS if a.kind == "actd"), key=lambda a: a.time_h)
    return [assay.name for assay in course], np.array([assay.time_h for assay in course])


def slope_weights(hours: np.ndarray) -> np.ndarray:
    """Weights (times,) whose sum with values is their least-squares slope over time, per h."""
    centred = hours - hours.mean()
    weights: np.ndarray = centred / (centred**2).sum()
    return weights


def make_readouts(identifiers: Sequence[str]) -> Readouts:
    """Readouts of some collapsed tracks.

    Parameters
    ----------
    identifiers : sequence of str
        Of the tracks that scores have a number for. Those of no assay of the simulation get no
        weight.

    Returns
    -------
    Readouts
        First the mean over the tracks of each kind of assay that is there; last, of ActD tracks of
        all times, `SLOPE`: -ln 2 times the least-squares slope of logSED over time, which is the
        difference (ALT minus REF, 1/h) of the rates that `planted_decay.fitted_rates` finds.

    Raises
    ------
    InputError
        If an ActD track of the simulation is missing.
    """
    place = {identifier: i for i, identifier in enumerate(identifiers)}
    course, hours = time_course()
    if missing := [name for name in course if f"{name}+" not in place]:
        raise InputError(
            f"the scores have no tracks {', '.join(f'{name}+' for name in missing)}; expected the "
            f"whole ActD time course of the simulated genome, and found {list(identifiers)[:5]}. "
            "Score with a model of the simulated tracks."
        )
    names, weights = [], []
    for kind in KINDS:
        at = [place[f"{a.name}+"] for a in ASSAYS if a.kind == kind and f"{a.name}+" in place]
        if at:
            names.append(kind)
            weights.append(np.bincount(at, minlength=len(place)) / len(at))
    slope = np.zeros(len(place))
    slope[[place[f"{name}+"] for name in course]] = -np.log(2) * slope_weights(hours)
    return Readouts((*names, SLOPE), np.stack([*weights, slope]))
