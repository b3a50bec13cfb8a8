"""Times that descriptions of tracks name, and the tracks that follow the decay of RNA over time."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import polars as pl

INHIBITION = "RNA:ActD:"
COMMENT = re.compile(r"\([^)]*\)")
FEWEST_TIMES = 3  # of a rate: the curve has two numbers
SHOWN = 6  # tracks shown if there is no time course
# "rep1", "R1", or a capital that numbers samples: "A", "D1".
REPLICATE = re.compile(r"rep\d+|[A-Z]\d*")

HOURS = {"d": Fraction(24), "h": Fraction(1), "m": Fraction(1, 60), "s": Fraction(1, 3600)}
# A time, or else a whole word or number, so that no time is found inside one: not in "SRS12h",
# "0,2,4 h" or "4sU". Words of units are not single characters, which are units only where
# no hyphen or underscore lies between ("rep_1_m"), and in small print ("5M", "3D").
TOKEN = re.compile(
    r"""
    (?:\d[\d.,]*\s*/|\N{MINUS SIGN})\s*\d[\d.,]*  # "1/2 h" is not 2 h
    |(?P<h>[0-9]{1,9})\s*(?i:h|hrs?|hours?)\s*(?P<min>[0-9]{1,9})\s*(?:m|(?i:mins?|minutes?))(?![^\W_])
    |(?P<number>[0-9]{1,9}(?:[.,][0-9]{1,9})?|(?<![^\W_])\.[0-9]{1,9})
     (?:(?:\s*|[_-])(?P<word>(?i:h|hrs?|hours?|mins?|minutes?|secs?|seconds?|days?))
       |\s*(?P<short>[msd]))(?![^\W_])
    |[^\W\d_][^\W_]*
    |\d[\d.,]*
    """,
    re.VERBOSE,
)


class NamedTimes(NamedTuple):
    """What a description says of time.

    Attributes
    ----------
    hours : tuple of float
        The times that it names, distinct and ascending; more than one, as of a pulse and a chase,
        leave open which is meant.
    around : tuple of str
        The text before, between and behind them.
    """

    hours: tuple[float, ...]
    around: tuple[str, ...]


def named_times(description: str) -> NamedTimes:
    """Times in a description, whatever their unit: the one grammar for figures and fits.

    A number, "." or "," its decimal mark, before a unit: "0.5 h", "4hr", "2 hours", "2-hour",
    "30 min", "240m", "90 s", "1 d", "1 h 30 min". Neither is part of a longer word. Words of units
    may have capitals, of single characters H alone ("5M" reads, "3D" culture). Text in parentheses
    counts only if there is no time outside.
    """
    found = _split(COMMENT.sub("", description))
    return found if found.hours else _split(re.sub(r"[()]", " ", description))


def _split(text: str) -> NamedTimes:
    """The times of a text, and the text around them."""
    hours, around, end = set(), [], 0
    for token in TOKEN.finditer(text):
        if token["h"]:
            exact = Fraction(token["h"]) + Fraction(token["min"]) / 60
        elif token["number"]:
            unit = (token["word"] or token["short"])[0].lower()
            exact = Fraction(token["number"].replace(",", ".")) * HOURS[unit]
        else:
            continue
        hours.add(float(exact))  # rounded once: 20 min are 1200 s
        around.append(text[end : token.start()])
        end = token.end()
    return NamedTimes(tuple(sorted(hours)), (*around, text[end:]))


@dataclass(frozen=True)
class TimeCourse:
    """Tracks that measure one RNA population at several times after transcription stops.

    Attributes
    ----------
    name : str
        What the descriptions of its tracks share.
    hours : tuple of float
        Distinct, ascending.
    tracks : tuple of tuple of int
        Positions in the track table, a tuple of replicates for each of `hours`.
    """

    name: str
    hours: tuple[float, ...]
    tracks: tuple[tuple[int, ...], ...]

    @property
    def positions(self) -> list[int]:
        """All positions in the track table, by time."""
        return [position for replicates in self.tracks for position in replicates]

    def average(self, coverage: np.ndarray, track: np.ndarray) -> np.ndarray:
        """Mean over the replicates of each time.

        Parameters
        ----------
        coverage : ndarray, shape=(k, bins)
        track : ndarray of int, shape=(k,)
            Position in the track table of each row of `coverage`.

        Returns
        -------
        ndarray, shape=(len(hours), bins)
        """
        return np.stack([coverage[np.isin(track, rows)].mean(axis=0) for rows in self.tracks])


def time_courses(tracks: pl.DataFrame) -> list[TimeCourse]:
    """Degradation time courses among tracks, in order of first appearance.

    The rule: a description begins with "RNA:ActD:" (transcription stopped by actinomycin D) and
    names one time (`named_times`). Text in parentheses and replicate labels after the time are
    dropped; the rest, without the time, names the course, so that another treatment behind the
    time is another course. A course has two times or more. Tracks that state no time belong to
    none, whatever else their names suggest; 4sU tracks neither: their hours count labelling or
    activation, not decay.

    Parameters
    ----------
    tracks : DataFrame
        With a column ``description``, one row per track.

    Returns
    -------
    list of TimeCourse
        Empty if there is none; `rna_tracks` is what may be shown instead.
    """
    found: dict[str, dict[float, list[int]]] = {}
    for position, description in enumerate(tracks["description"]):
        if parsed := _course_and_hours(description):
            name, hours = parsed
            found.setdefault(name, {}).setdefault(hours, []).append(position)
    return [
        TimeCourse(name, tuple(sorted(times)), tuple(tuple(times[h]) for h in sorted(times)))
        for name, times in found.items()
        if len(times) > 1
    ]


def fitted_courses(tracks: pl.DataFrame) -> list[TimeCourse]:
    """`time_courses` with enough times for a rate."""
    return [one for one in time_courses(tracks) if len(one.hours) >= FEWEST_TIMES]


def rna_tracks(tracks: pl.DataFrame) -> list[int]:
    """Positions of the tracks that measure RNA (descriptions that begin with "RNA:")."""
    return np.flatnonzero(tracks["description"].str.starts_with("RNA:").to_numpy()).tolist()


def tracks_to_show(tracks: pl.DataFrame) -> list[int]:
    """Positions of the tracks that the figure of a strong variant needs, ascending.

    Those of all time courses; without any, the first RNA tracks; without those, the first tracks.
    """
    courses = time_courses(tracks)
    if courses:
        return sorted(position for course in courses for position in course.positions)
    return (rna_tracks(tracks) or list(range(len(tracks))))[:SHOWN]


def _course_and_hours(description: str) -> tuple[str, float] | None:
    """Name of the course and time of one track, if its description states both."""
    if not description.startswith(INHIBITION):
        return None
    hours, (before, *behind) = named_times(description.removeprefix(INHIBITION))
    if len(hours) != 1:
        return None
    words = re.split(r"[\s_-]+", COMMENT.sub("", " ".join(behind)))
    treatment = [word for word in words if not REPLICATE.fullmatch(word)]
    return " ".join(filter(None, [before.strip(" _-"), *treatment])), hours[0]
