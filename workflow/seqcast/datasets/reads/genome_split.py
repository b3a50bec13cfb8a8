"""Which genomes reads for training are drawn from, and which are kept for development."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.datasets.reads.assemblies import stable_hash

Split = Literal["genome", "chromosome", "read"]


@dataclass(frozen=True)
class Wanted:
    """Reads a class that a collection gives to each part, and how the parts are kept apart.

    Attributes
    ----------
    split : {"genome", "chromosome", "read"}
        genome: no genome is in both parts. chromosome: no chromosome. read: the parts are drawn
        from the same regions; no read is in both, but they may overlap.
    """

    collection: str
    train: int
    dev: int
    split: Split


def unit_names(
    cells: pl.DataFrame, assemblies: pl.DataFrame, split: Split, group: str
) -> pl.Series:
    """What stays whole when genomes are split: a name for each cell.

    Parameters
    ----------
    cells : DataFrame
        assembly, chromosome.
    assemblies : DataFrame
        assembly and the column `group`.
    split : {"genome", "chromosome", "read"}
        chromosome: chromosomes of one assembly. Else genomes.
    group : str
        Genomes with the same number in this column are one unit; a genome without is its own.
        "assembly": each genome is its own.
    """
    if split == "chromosome":
        return cells.select(pl.concat_str("assembly", "chromosome", separator=" chromosome "))[
            "assembly"
        ]
    if group == "assembly":
        return cells["assembly"]
    named = pl.concat_str(pl.lit(f"{group} "), pl.col(group).cast(pl.String))
    names = assemblies.select("assembly", unit=named.fill_null(pl.col("assembly")))
    return cells.join(names, on="assembly", how="left", maintain_order="left")["unit"]


def choose_dev_units(
    cells: pl.DataFrame, wanted: list[Wanted], dev_share: float, seed: int
) -> set[str]:
    """Units whose reads go to the development part alone.

    Units are ordered by a hash of their name and the seed. Of each collection the first are taken,
    until they hold `dev_share` of the positions of either class. A unit that one collection gives
    to development is out of training in all of them.

    Parameters
    ----------
    cells : DataFrame
        collection, class, unit, weight.
    wanted : list of Wanted
        One a collection.
    dev_share : float
        In (0, 1).
    seed : int

    Raises
    ------
    InputError
        If a collection that is wanted in both parts cannot be split so that either part has both
        classes.
    """
    chosen: set[str] = set()
    for want in wanted:
        own = cells.filter(collection=want.collection)
        if want.split == "read" or not want.dev:
            continue
        units = sorted(
            own["unit"].unique(), key=lambda name: (stable_hash(seed, "unit", name), name)
        )
        chosen |= set(units if not want.train else _first_units(own, units, want, dev_share))
    return chosen


def _first_units(
    cells: pl.DataFrame, units: list[str], want: Wanted, dev_share: float
) -> list[str]:
    """The fewest units from the front that hold that fraction of both classes; the last stays."""
    weights = cells.group_by("unit", "class").agg(pl.col("weight").sum())
    table = weights.pivot("class", index="unit", values="weight").fill_null(0.0)
    classes = [name for name in table.columns if name != "unit"]
    ordered = pl.DataFrame({"unit": units}).join(
        table, on="unit", maintain_order="left", how="left"
    )
    held = np.cumsum(ordered.select(classes).to_numpy(), axis=0)
    shares = (held / held[-1]).min(axis=1)
    count = min(int(np.searchsorted(shares, dev_share)) + 1, len(units) - 1)
    rest = (1 - held[count - 1] / held[-1]).min() if count else 0.0
    if count < 1 or shares[count - 1] <= 0 or rest <= 0:
        raise InputError(
            f"collection {want.collection} has {len(units)} {want.split}s with reads, too few for "
            "a split that leaves both classes in train and in dev; expected two or more. Add "
            "genomes, or set `split` of its row in datasets.tsv to chromosome or read."
        )
    return units[:count]
