"""The command `seqcast verify`: weights against the program that they were published with."""

import argparse
import sys
from pathlib import Path
from typing import Any

from seqcast.cli.options import check_outputs, check_regular, check_threads
from seqcast.core.errors import InputError
from seqcast.evaluation.verification.verdicts import DIFFERS, NOT_VERIFIED, in_words
from seqcast.evaluation.verification.verify_weights import VerifiedFiles, verify_weights
from seqcast.models.architectures import ARCHITECTURES

FAILED = 1  # exit status where the numbers differ


def verify(chosen: argparse.Namespace) -> int:
    """Verify weights: 0 if they are verified, 1 if the numbers differ.

    Parameters
    ----------
    chosen : namespace
        Arguments of ``seqcast verify``.

    Raises
    ------
    InputError
        If they cannot be verified here; the verdict is written nevertheless.
    """
    _check_arguments(chosen)
    files = VerifiedFiles(chosen.hyperparameters, chosen.weights, chosen.prepared, chosen.sequences)
    verdict = verify_weights(
        files, chosen.output, {"architecture": chosen.architecture}, chosen.head,
        chosen.number, chosen.seed, chosen.threads, chosen.python,
    )  # fmt: skip
    if verdict["verdict"] == NOT_VERIFIED:
        raise InputError(f"{chosen.weights}: {verdict['reason']}")
    sys.stderr.write(f"{chosen.weights}: {in_words(verdict)}\n")
    return FAILED if verdict["verdict"] == DIFFERS else 0


def _check_arguments(chosen: argparse.Namespace) -> None:
    check_threads(chosen.threads)
    if not 1 <= chosen.number <= 1000:
        raise InputError(f"--number {chosen.number}: expected 1 to 1000")
    if chosen.seed < 0:
        raise InputError(f"--seed {chosen.seed}: expected 0 or more")
    check_regular("--output", chosen.output)
    read = [chosen.weights, chosen.hyperparameters, chosen.prepared, chosen.sequences]
    check_outputs([Path(chosen.output)], read, "--output")
    for path in filter(None, read):
        if not Path(path).is_file():
            raise InputError(f"{path} does not exist; give the path of a file")


def add_command(commands: Any) -> None:
    """Add ``verify`` to the parser's commands."""
    command = commands.add_parser(
        "verify",
        help="compare a model with the program that it was published with",
        description="Predict a few sequences with seqcast and with the original program, and "
        "compare. Exit status: 0 verified, 1 the numbers differ, 2 cannot be verified here.",
    )
    command.set_defaults(run=verify)
    add = command.add_argument
    add("weights", help="file of weights as published (.h5, pytorch_model.bin, .safetensors)")
    add("--architecture", required=True, choices=list(ARCHITECTURES))
    add("--hyperparameters", required=True, help="JSON that belongs to the weights")
    add("--head", help="head of the weights, where a model has several (human, mouse)")
    add("--prepared", help="also: the converted weights that a run uses, instead of converting")
    add("--sequences", metavar="FASTA", help="genome or mRNAs from which sequences are drawn; "
        "default: random bases of human composition")  # fmt: skip
    add("--number", type=int, default=4, help="windows, reads or mRNAs (default %(default)s)")
    add("--seed", type=int, default=0, help="of places and bases (default %(default)s)")
    add("--python", default="", help="a Python that has the original program; default: "
        "SEQCAST_VERIFY_PYTHON, else this one")  # fmt: skip
    add("--threads", type=int, default=1, help="CPU threads (default 1)")
    add("--output", "-o", required=True, help="verdict (.json)")
