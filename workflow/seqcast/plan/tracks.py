"""What the config says of tracks, held against tables of tracks that are there before the run.

What reads them is imported if there is one: it brings polars, which a start of Snakemake on
tables that are still to be downloaded does without.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from seqcast.core.contents import content_digest
from seqcast.core.errors import InputError

if TYPE_CHECKING:
    from seqcast.genome.tracks import Tracks


def known_tracks(path: str | Path) -> "Tracks | None":
    """The tracks of a table; None where it does not exist yet, or is unfit, as its job will say."""
    if not Path(path).is_file():
        return None
    from seqcast.genome.tracks import Tracks

    try:
        return Tracks.read(path)
    except InputError:
        return None


def tracks_digest(path: str | Path) -> str:
    """What a table of tracks says, as `contents.content_digest`, but for its descriptions."""
    import polars as pl

    try:
        table = pl.read_csv(path, separator="\t", infer_schema=False, quote_char=None)
    except (OSError, pl.exceptions.PolarsError):
        return content_digest(path)
    kept = table.drop("description", strict=False)
    return hashlib.sha256(repr((kept.columns, kept.rows())).encode()).hexdigest()[:16]


def check_pattern(key: str, pattern: str, path: str | Path) -> None:
    """Refuse a pattern that no description of a table of tracks matches.

    Parameters
    ----------
    key : str
        Of the config, for the message.
    pattern : str
        As of `ranking.select_tracks`; "" is none, and matches all.
    path : path
        The table. One that is not known passes.

    Raises
    ------
    InputError
    """
    if pattern and (tracks := known_tracks(path)):
        import polars as pl

        from seqcast.predict.variants.ranking import select_tracks

        try:
            select_tracks(pl.DataFrame({"description": tracks.description.tolist()}), pattern)
        except InputError as error:
            raise InputError(f"{key}: {error} ({path})") from error


def may_have_decay(path: str | Path) -> bool:
    """Whether some tracks of a table are a time course of decay; so may be one not known yet."""
    return _may_have_decay(str(path), content_digest(path))


@cache
def _may_have_decay(path: str, content: str) -> bool:
    """Once for all datasets that a model scores."""
    if not (tracks := known_tracks(path)):
        return True
    from seqcast.genome.time_courses import fitted_courses

    return bool(fitted_courses(tracks.table()))


def check_outputs(path: str | Path, units: int, where: str, all_of_them: bool = False) -> None:
    """Refuse a table of tracks that does not fit the outputs of a head.

    Parameters
    ----------
    path : path
        The table. One that is not known passes.
    units : int
        Outputs of the head.
    where : str
        What says the number of outputs.
    all_of_them : bool
        Each output has a row, as in training.

    Raises
    ------
    InputError
    """
    if not (tracks := known_tracks(path)):
        return
    if all_of_them and len(tracks) != units:
        raise InputError(
            f"{path} has {len(tracks)} tracks, {where} has {units} units; expected the same number"
        )
    if tracks.channel.max() >= units:
        raise InputError(
            f"{path} names output {tracks.channel.max()}, {where} has {units} units; expected the "
            "targets table of this model and head, or rows of it"
        )
