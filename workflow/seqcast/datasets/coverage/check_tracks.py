"""Compare the tracks that a coverage model is to be used with with those that it will learn."""

from pathlib import Path

import polars as pl

from seqcast.core.store import write_tsv
from seqcast.genome.tracks import Tracks


def check_tracks(targets: str | Path, tracks: str | Path, path: str | Path) -> None:
    """Write which output of a model will be which track, if its own table says the same.

    Parameters
    ----------
    targets : path
        Targets table of the coverage set: output k learns row k, from 0.
    tracks : path
        The model's own, all of its tracks or some.
    path : path
        TSV with columns output and identifier.

    Raises
    ------
    InputError
        If the model's table names another track for an output.
    """
    learned = Tracks.read(targets).identifier.tolist()
    Tracks.read(tracks).check_outputs(learned, tracks)
    write_tsv(pl.DataFrame({"output": range(len(learned)), "identifier": learned}), path)
