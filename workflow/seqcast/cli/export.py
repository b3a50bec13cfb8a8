"""The command `seqcast export`: a trained model as a folder that tools of others read."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqcast.cli.options import one_of
from seqcast.core.errors import InputError
from seqcast.models.export import export_model

ARCHITECTURES = ("readseeker", "helix_mrna", "mamba2_mrna", "mrna_property")


def export(
    weights: str, /, *, architecture: Annotated[str, one_of(ARCHITECTURES)], hyperparameters: str,
    output: Annotated[str, Parameter(alias="-o")],
) -> None:  # fmt: skip
    """Write a trained model as a folder for transformers or safetensors.

    Tensors (safetensors), configuration and vocabulary of a model. A folder that exists already is
    not replaced.

    Parameters
    ----------
    weights : str
        Weights, of seqcast or as published.
    architecture : str
        readseeker, helix_mrna, mamba2_mrna or mrna_property.
    hyperparameters : str
        JSON that belongs to the weights.
    output : str
        Folder to make.
    """
    if Path(output).exists():
        raise InputError(f"--output {output} is there already; give another name")
    export_model(architecture, weights, hyperparameters, output)
