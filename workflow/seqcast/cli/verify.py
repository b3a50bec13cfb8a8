"""The command `seqcast verify`: weights against the program that they were published with."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqcast.cli.options import check_given, check_outputs, check_regular, check_threads, one_of
from seqcast.core.errors import InputError
from seqcast.evaluation.verification.verdicts import DIFFERS, NOT_VERIFIED, in_words
from seqcast.evaluation.verification.verify_weights import VerifiedFiles, verify_weights
from seqcast.models.architectures import ARCHITECTURES

FAILED = 1  # exit status where the numbers differ


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """What weights are compared on.

    Attributes
    ----------
    architecture : str
        As in models.tsv, such as borzuki or helix_mrna.
    hyperparameters : str
        JSON that belongs to the weights.
    head : str, optional
        Head of the weights, of several (human, mouse).
    prepared : str, optional
        Also: the converted weights that a run uses, instead of converting.
    sequences : str, optional
        FASTA: genome or mRNAs from which sequences are drawn; default: random bases of human
        composition.
    number : int
        Windows, reads or mRNAs.
    seed : int
        Of places and bases.
    python : str
        A Python that has the original program; default: SEQCAST_VERIFY_PYTHON, else this one.
    threads : int
        CPU threads.
    output : str
        Verdict (.json).
    """

    architecture: Annotated[str, one_of(list(ARCHITECTURES))]
    hyperparameters: str
    output: Annotated[str, Parameter(alias="-o")]
    head: str | None = None
    prepared: str | None = None
    sequences: str | None = None
    number: int = 4
    seed: int = 0
    python: str = ""
    threads: int = 1


def verify(weights: str, /, *, chosen: VerifyOptions) -> int:
    """Compare a model with the program that it was published with.

    Predicts a few sequences with seqcast and with the original program, and compares. Exit status:
    0 verified, 1 the numbers differ, 2 cannot be verified here; the verdict is written in any case.

    Parameters
    ----------
    weights : str
        File of weights as published (.h5, pytorch_model.bin, .safetensors).
    """
    _check_arguments(weights, chosen)
    files = VerifiedFiles(chosen.hyperparameters, weights, chosen.prepared, chosen.sequences)
    verdict = verify_weights(
        files, chosen.output, {"architecture": chosen.architecture}, chosen.head,
        chosen.number, chosen.seed, chosen.threads, chosen.python,
    )  # fmt: skip
    if verdict["verdict"] == NOT_VERIFIED:
        raise InputError(f"{weights}: {verdict['reason']}")
    sys.stderr.write(f"{weights}: {in_words(verdict)}\n")
    return FAILED if verdict["verdict"] == DIFFERS else 0


def _check_arguments(weights: str, chosen: VerifyOptions) -> None:
    check_threads(chosen.threads)
    if not 1 <= chosen.number <= 1000:
        raise InputError(f"--number {chosen.number}: expected 1 to 1000")
    if chosen.seed < 0:
        raise InputError(f"--seed {chosen.seed}: expected 0 or more")
    check_regular("--output", chosen.output)
    read = [weights, chosen.hyperparameters, chosen.prepared, chosen.sequences]
    check_outputs([Path(chosen.output)], read, "--output")
    check_given(read)
