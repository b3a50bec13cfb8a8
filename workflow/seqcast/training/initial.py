"""The weights that a training starts from: drawn, or those of a file."""

import logging
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from seqcast.core.errors import InputError
from seqcast.models.convert import read_tensors, write_safetensors
from seqcast.models.interface import build_model, load_model, read_hyperparameters

logger = logging.getLogger(__name__)

HEAD = "classifier."  # tensors that a file may lack: they are of the task, not of the language
PRETRAINING_HEAD = "cls."  # of BERT's pretraining, of no use here


def starting_model(
    architecture: str, hyperparameters: str | Path | Mapping[str, Any], seed: int,
    weights: str | Path | None = None,
) -> Any:  # fmt: skip
    """A network ready to be trained, on the CPU.

    Parameters
    ----------
    architecture : str
        A key of `models.architectures.ARCHITECTURES`.
    hyperparameters : path or mapping
    seed : int
        Of the tensors that are drawn, as the architecture's ``initialise`` does.
    weights : path, optional
        Weights to start from. A file without a classifier, such as the base checkpoint of
        DNABERT-6, gets a drawn one, and its head of pretraining is left out; nothing else may be
        missing or left over. A network that is a body and a head takes a file of the body, and
        draws the head. Default: all weights are drawn.

    Raises
    ------
    InputError
        If a tensor of `weights` is missing, left over or of another shape; of a body and a head,
        the message says what was expected of either.
    """
    params = read_hyperparameters(hyperparameters, architecture)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        drawn = build_model(architecture, params)
        drawn.initialise()
    if weights is None:
        return drawn
    path = Path(weights)
    if not path.is_file():
        raise InputError(f"{path}: no such file of weights to start from")
    if drawn.task == "property":
        return _with_head(drawn, architecture, params, path)
    tensors = read_tensors(path)
    unused = [name for name in tensors if name.startswith(PRETRAINING_HEAD)]
    missing = [n for n in drawn.state_dict() if n.startswith(HEAD) and n not in tensors]
    if unused or missing:
        logger.info("%s: drawn %s; left out %d tensors %s", path, missing, len(unused), unused[:3])
        kept = {name: tensor for name, tensor in tensors.items() if name not in unused}
        tensors = kept | {name: drawn.state_dict()[name] for name in missing}
    with TemporaryDirectory() as folder:
        complete = Path(folder) / "complete.safetensors"
        write_safetensors({name: t.clone() for name, t in tensors.items()}, complete, {})
        try:
            model = load_model(architecture, complete, params, device="cpu")
        except InputError as error:
            raise InputError(str(error).replace(str(complete), str(path))) from error
    return model.requires_grad_(True)


def _with_head(drawn: Any, architecture: str, params: Mapping[str, Any], path: Path) -> Any:
    """A network of a body and a head, from weights of the body, or of both."""
    whole = drawn.is_whole(path)
    try:
        if whole:
            return load_model(architecture, path, params, device="cpu").requires_grad_(True)
        drawn.load_body(path)
    except InputError as error:
        body = drawn.config.architecture
        expected = (
            "they are of a body and a head, and so expected to be of the same body, pooling and "
            "head, and of a property of the same kind and number of outputs"
            if whole
            else f"expected weights of the body, a {body} of the section config of the "
            f"hyperparameters, or of a whole {architecture} that was trained before"
        )
        raise InputError(
            f"{path} cannot start this training: {expected}. Give others as initial in "
            f"trainings.tsv, or leave it empty to draw all weights. In detail: {error}"
        ) from error
    return drawn
