"""The small models that come with seqcast: found where it was installed without its repository too.

Their files are package data (`seqcast/shipped`), which in the repository are links to the one place
of each: cards and weights in `resources/`, hyperparameters in `config/hyperparameters/`.
"""

from pathlib import Path
from typing import Any, NamedTuple

from seqcast.core.errors import InputError
from seqcast.models.interface import load_model

FOLDER = Path(__file__).parent


class ShippedModel(NamedTuple):
    """Files of a model: a file of weights a fold, and where it predicts tracks, a targets table and
    its intervals (`predict.variants.effect_intervals`).
    """

    architecture: str
    weights: tuple[Path, ...]
    hyperparameters: Path
    tracks: Path | None = None
    intervals: Path | None = None


def _shipped(name: str, architecture: str, *weights: str, tracks: bool = False) -> ShippedModel:
    folder = FOLDER / name
    return ShippedModel(
        architecture, tuple(folder / file for file in weights),
        FOLDER / f"hyperparameters/{name}.json",
        *((folder / "targets.tsv", folder / "intervals.tsv") if tracks else ()),
    )  # fmt: skip


SHIPPED = {
    "borzuki_tiny": _shipped(
        "borzuki_tiny", "borzuki", "fold0.safetensors", "fold1.safetensors", tracks=True
    ),
    "helix_tiny": _shipped("helix_tiny", "helix_mrna", "model.safetensors"),
    "six_frame": _shipped("six_frame", "six_frame", "model.safetensors"),
}


def shipped_model(name: str) -> ShippedModel:
    """Architecture and files of a model that comes with seqcast.

    Parameters
    ----------
    name : {"borzuki_tiny", "helix_tiny", "six_frame"}
        Only six_frame is meant for data of one's own; the others learned a simulated genome. The
        card next to the weights, README.md, says what each is good for.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in SHIPPED:
        raise InputError(f"no model {name!r} comes with seqcast; expected {', '.join(SHIPPED)}")
    return SHIPPED[name]


def load_shipped(name: str, fold: int = 0, **options: Any) -> Any:
    """Load a model that comes with seqcast, with nothing to download.

    Parameters
    ----------
    name : str
        See `shipped_model`.
    fold : int
        Which of its folds, from 0.
    **options
        Of `load_model`: device, precision, compat.

    Returns
    -------
    CoverageModel, EmbeddingModel or ReadModel
        See `load_model`.

    Raises
    ------
    InputError
        If there is no such model or fold.
    """
    model = shipped_model(name)
    if fold not in range(len(model.weights)):
        raise InputError(f"{name} has {len(model.weights)} folds; fold {fold!r} is none of them")
    return load_model(model.architecture, model.weights[fold], model.hyperparameters, **options)
