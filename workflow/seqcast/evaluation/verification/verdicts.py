"""Verdicts: how much our outputs differ from those of the original, in a file and in words."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import is_zipfile

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, file_sha256, write_tsv

logger = logging.getLogger(__name__)
TOLERANCE = 5e-5  # of the largest relative difference; rounding makes some 1e-5
VERIFIED, DIFFERS, NOT_VERIFIED = "verified", "differs", "not_verified"
JOB, OUTPUTS = "job.json", "ours.npz"  # in the folder of a job


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
    verdict.pop("config", None)
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
    with np.load(folder / OUTPUTS) as ours, np.load(original) as theirs:
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


def summarise_verdicts(verdicts: Sequence[str | Path], path: str | Path) -> None:
    """Write a table of verdicts, one row per file: model, fold, verdict, in_words.

    Raises
    ------
    InputError
        If the numbers of one differ; the table is not written then.
    """
    found = [json.loads(Path(name).read_text()) for name in verdicts]
    rows = [
        {"model": one["model"], "fold": one["fold"], "verdict": one["verdict"],
         "in_words": in_words(one)}
        for one in found
    ]  # fmt: skip
    for row in rows:
        logger.info("%s, fold %s: %s", row["model"], row["fold"], row["in_words"])
    if wrong := [row for row in rows if row["verdict"] == DIFFERS]:
        raise InputError(
            "; ".join(f"{row['model']}, fold {row['fold']}: {row['in_words']}" for row in wrong)
            + ". Do not use these weights with seqcast, and report it"
        )
    columns = ("model", "fold", "verdict", "in_words")
    write_tsv(pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String)), path)


def last_verdict(verdict: str | Path, prepared: str | Path) -> tuple[str, str]:
    """Verdict and its words on the prepared weights that a run uses.

    A verdict on other weights does not count.
    """
    if not Path(verdict).is_file():
        return NOT_VERIFIED, "not verified here"
    found = json.loads(Path(verdict).read_text())
    if not Path(prepared).is_file() or file_sha256(prepared) != found["prepared_sha256"]:
        return NOT_VERIFIED, "not verified here: the verdict is on other weights"
    return found["verdict"], in_words(found)
