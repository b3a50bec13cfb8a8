"""What a benchmark of variants takes from its files, as a row of benchmarks.tsv says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from seqcast.core.errors import InputError


@dataclass(frozen=True)
class Definition:
    """What a benchmark of variants takes from its files: a row of benchmarks.tsv.

    Attributes
    ----------
    truth : str
        Key of INFO, or column, with the class (1 or 0) or the effect. ``KIND=causal/matched``: a
        key with names, of class 1 and 0; others have no class. ``BETA/A1``: a key with the effect
        and one with the allele that it is relative to, if that is not always REF. Empty: the first
        file has the positives, the second the negatives.
    groups : str
        Key of what is matched: the ID of the positive, or the name of a match group.
    genes : str
        Key of the gene whose score counts; "max", the gene with the largest score.
    distance : str
        Key of a distance in bp, whose magnitude counts.
    bounds : tuple of int
        Numbers are given for variants up to each distance, inclusive.
    category : str
        Key of a category, such as the consequence.
    categories : tuple of str
        Numbers are given for the variants of each.
    """

    truth: str = ""
    groups: str = ""
    genes: str = "max"
    distance: str = ""
    bounds: tuple[int, ...] = ()
    category: str = ""
    categories: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """A definition from cells of benchmarks.tsv.

        ``strata`` has one or more of ``PD<=10000,2000`` (a distance and its bounds), ``PD`` (a
        distance) and ``consequence=missense,intron`` (a category), with semicolons between.

        Raises
        ------
        InputError
            If a bound is no number, there are two distances or two categories, or `truth` does not
            name two classes.
        """
        cells = {name: str(row.get(name) or "") for name in ("truth", "groups", "genes", "strata")}
        distance, category = "", ""
        bounds: tuple[int, ...] = ()
        categories: tuple[str, ...] = ()
        for stratum in filter(None, map(str.strip, cells["strata"].split(";"))):
            is_category = "<=" not in stratum and "=" in stratum
            if category if is_category else distance:
                kind = "category" if is_category else "distance"
                raise InputError(
                    f"strata has {stratum!r} as a second {kind}; expected one. Give the other a "
                    "benchmark of its own"
                )
            if is_category:
                category, names = (part.strip() for part in stratum.split("=", 1))
                categories = tuple(name.strip() for name in names.split(","))
                continue
            distance, limit, numbers = (part.strip() for part in stratum.partition("<="))
            bounds = tuple(_bound(number, stratum) for number in numbers.split(",") if limit)
        key, has_names, names = cells["truth"].partition("=")
        classes = {name.strip() for name in names.split("/", 1)} - {""}
        if has_names and (not key.strip() or len(classes) != 2):
            raise InputError(
                f"truth is {cells['truth']!r}; expected a key and the names of both classes, such "
                "as KIND=causal/matched"
            )
        return cls(
            cells["truth"], cells["groups"], cells["genes"] or "max", distance, bounds, category,
            categories,
        )  # fmt: skip


def _bound(text: str, stratum: str) -> int:
    """A distance in bp."""
    if not text.strip().isdecimal():
        raise InputError(
            f"strata has {stratum!r}; expected a key and distances in bp, such as PD<=10000,2000"
        )
    return int(text)
