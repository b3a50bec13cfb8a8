"""Give a model the head that a training of several made for it."""

import shutil
from pathlib import Path
from typing import Any

from seqcast.models.convert import read_safetensors, write_safetensors
from seqcast.store import atomic


def take_head(folder: str | Path, head: str, model: str, outputs: Any) -> None:
    """Copy the weights and the history of one head.

    Parameters
    ----------
    folder : path
        Of all heads, as `train_coverage` writes it.
    head : str
        Which to take.
    model : str
        Whose it is, for the metadata of the weights.
    outputs : namespace
        Paths ``weights`` (safetensors) and ``history`` (TSV).
    """
    state, facts = read_safetensors(Path(folder) / f"{head}.safetensors")
    with atomic(outputs.history) as temporary:
        shutil.copyfile(Path(folder) / f"{head}.history.tsv", temporary)
    write_safetensors(state, Path(outputs.weights), {"model": model, **facts})
