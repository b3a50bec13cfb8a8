"""Whether a network with its weights predicts what the program does that it was published with.

In three steps, as the program needs an environment of its own: `write_job` chooses sequences and
predicts them with our network, `models.originals.original_outputs` predicts them with the original,
`write_verdict` compares. `verify_weights` does all three.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from seqcast.core.errors import InputError
from seqcast.core.provenance import provenance, versions
from seqcast.core.store import atomic, file_sha256, scratch_folder
from seqcast.evaluation.verification.sequences import KINDS, choose_sequences
from seqcast.evaluation.verification.verdicts import JOB, OUTPUTS, TOLERANCE, write_verdict
from seqcast.genome.sequence import one_hot
from seqcast.models.architectures import architecture_of
from seqcast.models.convert import tensors_sha256
from seqcast.models.interface import load_model, read_hyperparameters
from seqcast.models.originals import original_outputs


class VerifiedFiles(NamedTuple):
    """What is verified.

    Attributes
    ----------
    hyperparameters : path
    weights : path, optional
        The file of weights as published, which the original reads. Default: it gets the tensors
        of `prepared`, and their conversion is not verified.
    prepared : path, optional
        The weights that runs use, safetensors. Default: `weights`.
    sequences : path, optional
        FASTA; see `choose_sequences`.
    """

    hyperparameters: str | Path
    weights: str | Path | None = None
    prepared: str | Path | None = None
    sequences: str | Path | None = None


def verify_weights(
    files: VerifiedFiles, path: str | Path, facts: Mapping[str, Any], head: str | None = None,
    number: int = 4, seed: int = 0, threads: int = 1, python: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Verify weights, and write the verdict.

    Parameters
    ----------
    files : VerifiedFiles
    path : path
        Takes the verdict (JSON).
    facts : mapping
        What it says of the model: ``architecture``, and ``model``, ``fold`` and so on.
    head : str, optional
        See `load_model`.
    number, seed : int
        Of sequences; see `choose_sequences`.
    threads : int
        CPU threads of each network.
    python : str
        One that has the original; see `originals.find_python`.

    Returns
    -------
    dict
        What was written: ``verdict`` is "verified", "differs" or "not_verified", then with
        ``reason``; see docs/how-to/verify-weights.md.
    """
    with scratch_folder(path) as folder:
        write_job(files, folder / "job", facts, head, number, seed, threads)
        original_outputs(folder / "job" / JOB, folder / "original.npz", python, threads)
        return write_verdict(folder / "job", folder / "original.npz", path)


def write_job(
    files: VerifiedFiles, folder: str | Path, facts: Mapping[str, Any], head: str | None = None,
    number: int = 4, seed: int = 0, threads: int = 1,
) -> None:  # fmt: skip
    """Choose sequences, predict them with our network, and write what the original needs.

    Parameters
    ----------
    folder : path
        Made: ``job.json``, ``ours.npz``, and tensors for want of published weights.

    Raises
    ------
    InputError
        If weights are of another network, or the sequences cannot be read.
    """
    torch.set_num_threads(threads)
    ours = files.prepared or files.weights
    if ours is None:
        raise InputError("there are neither weights nor prepared weights to verify; give one")
    architecture = facts["architecture"]
    model = load_model(architecture, ours, files.hyperparameters, head, device="cpu")
    original = getattr(architecture_of(architecture), "original", None)
    with atomic(folder) as made:
        made.mkdir()
        job = provenance(
            **facts, hyperparameters=str(files.hyperparameters), tolerance=TOLERANCE, seed=seed,
            weights_sha256=file_sha256(files.weights) if files.weights else None,
            prepared_sha256=file_sha256(ours), tensors_sha256=tensors_sha256(model.state_dict()),
            versions=versions(),
        )  # fmt: skip
        try:
            if original is None:
                raise InputError(f"no other program is known here that computes {architecture}")
            weights, published = model.for_original(files.weights and Path(files.weights), made)
        except InputError as error:
            job["not_possible"] = str(error)
        else:
            sequences, names = choose_sequences(model, model.task, number, seed, files.sequences)
            np.savez(made / OUTPUTS, *[_outputs(model, model.task, one) for one in sequences])
            job |= {
                "config": _config(model, files.hyperparameters),
                "original": asdict(original),
                "published": published, "head": _head(model),
                "weights": str(weights if published else Path(folder) / weights.name),
                "kind": KINDS[model.task], "names": names, "sequences": sequences,
                "source": str(files.sequences or "random, of human composition"),
            }  # fmt: skip
        (made / JOB).write_text(json.dumps(job))


def _config(model: Any, hyperparameters: str | Path) -> dict[str, Any]:
    """All hyperparameters, defaults too, where the original reads a config.json."""
    if not hasattr(model, "hub_files"):
        return {}
    return json.loads(model.hub_files(read_hyperparameters(hyperparameters))["config.json"])


def _head(model: Any) -> str:
    return getattr(model, "head_name", "")


def _outputs(model: Any, task: str, sequence: str) -> np.ndarray:
    """Tracks, logits or features, by bins, one or tokens: ``(outputs, places)``."""
    with torch.inference_mode():
        if task == "coverage":
            return model(torch.from_numpy(one_hot(sequence))[None])[0].numpy()
        tokens = model.tokenize([sequence])
        if task == "reads":
            return model(tokens).T.numpy()
        return model(tokens)[0][model.real(tokens)[0]].T.numpy()
