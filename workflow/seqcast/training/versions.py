"""Weights that a training made stay until others are made: a version for all that it was made of.

Snakemake removes the outputs of a job before it starts, so that a recipe that fails would leave no
weights at all. The job writes into a folder that no rule names, and its outputs are links to what
is there. A recipe that comes back takes its weights from there, without training.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from seqcast.core.store import atomic, file_sha256
from seqcast.training.outputs import ADAPTER, TrainingOutputs

logger = logging.getLogger(__name__)
KEPT = 2  # versions of one training: what is published, and what was before
FOLDER, WEIGHTS, HISTORY = "versions", "weights", "history.tsv"


def train_once(
    train: Callable[..., None], outputs: TrainingOutputs, made_of: Mapping[str, Any],
    **arguments: Any,
) -> None:  # fmt: skip
    """Train, or take what the same training made before.

    Parameters
    ----------
    train : callable
        Of these arguments, and ``outputs``, which it writes.
    outputs : TrainingOutputs
        The weights are a file or a folder. Next to them is the folder ``versions``, and an adapter
        where `train` wrote one next to its weights.
    made_of : mapping
        All that decides the weights, JSON.
    **arguments
        Of `train`.
    """
    weights = Path(outputs.weights)
    outputs.adapter.unlink(missing_ok=True)  # no output of a rule, which would be gone
    versions = weights.parent / FOLDER / weights.name
    place = versions / _digest(made_of)
    made = place / f"{WEIGHTS}{weights.suffix}"
    if made.exists():
        logger.info("taken from %s: this training was done before", place)
        os.utime(place)
    else:
        if known := _by_age(versions):
            logger.info("weights of before stay in %s until this training ends", known[-1])
        try:
            train(outputs=outputs._replace(weights=made, history=place / HISTORY), **arguments)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            if known:
                logger.warning(
                    "the weights of before are still in %s; with their recipe and data, the next "
                    "run takes them from there", known[-1],
                )  # fmt: skip
            raise
    _publish(place / HISTORY, Path(outputs.history))
    _publish(made, weights)
    if (adapter := made.with_suffix(ADAPTER)).exists():
        _publish(adapter, outputs.adapter)
    for old in _by_age(versions)[:-KEPT]:
        shutil.rmtree(old)


def made_of(files: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    """What decides the weights of a training.

    Parameters
    ----------
    files : mapping
        Name to path, or to several: those of the job. Folders count by a file next to them that
        says what they hold.
    **facts
        JSON.

    Returns
    -------
    dict
        `facts`, and of each file the SHA-256.
    """
    paths = {
        name: [Path(path) for path in ([found] if isinstance(found, str) else found)]
        for name, found in files.items()
    }
    digests = {
        name: [file_sha256(path) for path in found if path.is_file()]
        for name, found in sorted(paths.items())
    }
    return {**facts, "files": digests}


def _digest(found: Mapping[str, Any]) -> str:
    text = json.dumps(found, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _by_age(versions: Path) -> list[Path]:
    """The finished versions of a training, the last one last."""
    found = versions.glob(f"*/{WEIGHTS}*") if versions.is_dir() else ()
    return sorted({path.parent for path in found}, key=lambda path: path.stat().st_mtime_ns)


def _publish(source: Path, target: Path) -> None:
    """Make an output of a file or folder, by links where the file system has them."""

    def link(old: str, new: str) -> None:
        with suppress(OSError):
            os.link(old, new)
            return
        shutil.copy2(old, new)

    with atomic(target) as temporary:
        if source.is_dir():
            shutil.copytree(source, temporary, copy_function=link, dirs_exist_ok=True)
        else:
            Path(temporary).unlink(missing_ok=True)
            link(str(source), str(temporary))
