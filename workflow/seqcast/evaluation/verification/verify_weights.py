"""Whether a network with its weights predicts what the program does that it was published with.

In three steps, as the program needs an environment of its own: `write_job` chooses sequences and
predicts them with our network, `models.originals.original_outputs` predicts them with the original,
`write_verdict` compares. `verify_weights` does all three.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import is_zipfile

import numpy as np
import torch

from seqcast.core.errors import InputError
from seqcast.core.provenance import provenance, versions
from seqcast.core.store import atomic, file_sha256, scratch_folder
from seqcast.evaluation.verification.sequences import KINDS, choose_sequences
from seqcast.genome.sequence import one_hot
from seqcast.models.architectures import architecture_of
from seqcast.models.convert import tensors_sha256
from seqcast.models.interface import load_model
from seqcast.models.originals import original_outputs

logger = logging.getLogger(__name__)
TOLERANCE = 5e-5  # of the largest relative difference; rounding makes some 1e-5
VERIFIED, DIFFERS, NOT_VERIFIED = "verified", "differs", "not_verified"
JOB, OURS = "job.json", "ours.npz"  # in the folder of a job


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


class Difference(NamedTuple):
    """Between two lists of outputs.

    Attributes
    ----------
    absolute : float
        The largest of all numbers.
    relative : float
        The largest as a fraction of the maximum that the original has in that track, logit or
        feature. NaN where an output is not a number.
    """

    absolute: float
    relative: float


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
        CPU threads of our network.
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
        original_outputs(folder / "job" / JOB, folder / "original.npz", python)
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
            tensors_sha256=tensors_sha256(model.state_dict()), versions=versions(),
        )  # fmt: skip
        try:
            if original is None:
                raise InputError(f"{architecture} is seqcast's own: no other program computes it")
            weights, published = model.for_original(files.weights and Path(files.weights), made)
        except InputError as error:
            job["not_possible"] = str(error)
        else:
            sequences, names = choose_sequences(model, model.task, number, seed, files.sequences)
            np.savez(made / OURS, *[_outputs(model, model.task, one) for one in sequences])
            job |= {
                "original": asdict(original), "published": published, "head": _head(model),
                "weights": str(weights if published else Path(folder) / weights.name),
                "kind": KINDS[model.task], "names": names, "sequences": sequences,
                "source": str(files.sequences or "random, of human composition"),
            }  # fmt: skip
        (made / JOB).write_text(json.dumps(job))


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


def difference(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> Difference:
    """The largest differences of two lists of outputs, each ``(outputs, places)``.

    Raises
    ------
    InputError
        If shapes differ.
    """
    shapes = [[one.shape for one in found] for found in (ours, theirs)]
    if shapes[0] != shapes[1]:
        raise InputError(f"outputs have the shapes {shapes[0]}; those of the original {shapes[1]}")
    scale = np.max([np.abs(one.astype(float)).max(1) for one in theirs], axis=0)
    gaps = np.max(
        [np.abs(a.astype(float) - b).max(1) for a, b in zip(ours, theirs, strict=True)], axis=0
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(gaps == 0, 0.0, gaps / scale)
    return Difference(float(gaps.max()), float(shares.max()))


def write_verdict(job_folder: str | Path, original: str | Path, path: str | Path) -> dict[str, Any]:
    """Compare the outputs of a job, and write the verdict.

    Parameters
    ----------
    job_folder : path
        Of `write_job`.
    original : path
        Of `originals.original_outputs`.
    path : path
        Takes the verdict (JSON).
    """
    folder = Path(job_folder)
    verdict = json.loads((folder / JOB).read_text())
    verdict["sequences"] = len(verdict.get("sequences", ()))
    try:
        verdict |= _compared(folder, Path(original), verdict["tolerance"])
    except InputError as error:
        verdict |= {"verdict": NOT_VERIFIED, "reason": str(error)}
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(verdict, indent=1) + "\n")
    logger.info("%s", in_words(verdict))
    return verdict


def _compared(folder: Path, original: Path, tolerance: float) -> dict[str, Any]:
    """What the outputs of both say."""
    if not is_zipfile(original):
        raise InputError(json.loads(original.read_text())["not_possible"])
    with np.load(folder / OURS) as ours, np.load(original) as theirs:
        told = json.loads(str(theirs["told"]))
        outputs = [theirs[f"output{i}"] for i in range(len(ours))]
        found = difference(list(ours.values()), outputs)
    is_same = found.relative <= tolerance  # false for NaN
    return {
        "verdict": VERIFIED if is_same else DIFFERS,
        "largest_absolute_difference": found.absolute,
        "largest_relative_difference": found.relative,
        "network": told["network"], "original_versions": told["versions"],
    }  # fmt: skip


def in_words(verdict: Mapping[str, Any]) -> str:
    """A verdict as a report says it: "verified against TensorFlow 2.15.1 on 4 windows: 3e-6"."""
    if verdict["verdict"] == NOT_VERIFIED:
        return f"not verified: {verdict['reason']}"
    original, versions = verdict["original"], verdict["original_versions"]
    against = f"{original['name']} {versions[original['package']]}"
    number, share = verdict["sequences"], f"{verdict['largest_relative_difference']:.0e}"
    kind = verdict["kind"][:-1] if number == 1 else verdict["kind"]
    if verdict["verdict"] == VERIFIED:
        return f"verified against {against} on {number} {kind}: {share.replace('e-0', 'e-')}"
    return (
        f"DIFFERS from {against} on {number} {kind}: relative difference {share}, above "
        f"{verdict['tolerance']:.0e}"
    )
