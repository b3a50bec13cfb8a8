"""Give a model the head that a training of several made for it."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

from seqcast.core.store import atomic
from seqcast.genome.tracks import Tracks
from seqcast.models.convert import read_safetensors, write_safetensors


class HeadFiles(NamedTuple):
    """Weights (safetensors) and history (TSV) of a head."""

    weights: str | Path
    history: str | Path


def take_head(
    folder: str | Path, head: str, model: str, tracks: str | Path, outputs: HeadFiles
) -> None:
    """Copy the weights and the history of one head.

    Parameters
    ----------
    folder : path
        Of all heads, as `train_coverage` writes it.
    head : str
        Which to take.
    model : str
        Whose it is, for the metadata of the weights.
    tracks : path
        The model's targets table.
    outputs : HeadFiles

    Raises
    ------
    InputError
        If the folder has no such head, or the head learned other tracks.
    """
    state, facts = read_safetensors(Path(folder) / f"{head}.safetensors")
    if "tracks" in facts:
        Tracks.read(tracks).check_outputs(json.loads(facts["tracks"]), tracks)
    with atomic(outputs.history) as temporary:
        shutil.copyfile(Path(folder) / f"{head}.history.tsv", temporary)
    write_safetensors(state, Path(outputs.weights), {**facts, "model": model})
