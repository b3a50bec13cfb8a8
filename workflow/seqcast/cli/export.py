"""The command `seqcast export`: a trained model as a folder that tools of others read."""

import argparse
from pathlib import Path
from typing import Any

from seqcast.core.errors import InputError
from seqcast.models.export import export_model

ARCHITECTURES = ("readseeker", "helix_mrna", "mamba2_mrna", "mrna_property")


def export(chosen: argparse.Namespace) -> None:
    """Write the folder; one that is there already is not replaced.

    Parameters
    ----------
    chosen : namespace
        Arguments of ``seqcast export``.
    """
    if Path(chosen.output).exists():
        raise InputError(f"--output {chosen.output} is there already; give another name")
    export_model(chosen.architecture, chosen.weights, chosen.hyperparameters, chosen.output)


def add_command(commands: Any) -> None:
    """Add ``export`` to the parser's commands."""
    command = commands.add_parser(
        "export",
        help="write a trained model as a folder for transformers or safetensors",
        description="Write tensors (safetensors), configuration and vocabulary of a model.",
    )
    command.set_defaults(run=export)
    add = command.add_argument
    add("weights", help="weights, of seqcast or as published")
    add("--architecture", required=True, choices=ARCHITECTURES)
    add("--hyperparameters", required=True, help="JSON that belongs to the weights")
    add("--output", "-o", required=True, help="folder to make")
