"""The command `seqcast merge-adapter`: a fine-tuned model from its adapter and its base."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqcast.cli.options import check_given, check_outputs, check_regular
from seqcast.training.adapters import merge_adapter


def merge(
    adapter: str, /, *, base: str, output: Annotated[str, Parameter(alias="-o")]
) -> None:  # fmt: skip
    """Write the weights of a fine-tuned coverage model from its adapter.

    An adapter has what LoRA, LoCon, Houlsby or linear fine-tuning trained, and the head. With the
    weights that the training started from, it gives the trained weights.

    Parameters
    ----------
    adapter : str
        File *.adapter.safetensors that the training wrote next to its weights.
    base : str
        Weights that the training started from (.h5, .safetensors).
    output : str
        Weights (.safetensors).
    """
    check_regular("--output", output)
    check_outputs([Path(output)], [adapter, base], "--output")
    check_given([adapter, base])
    merge_adapter(adapter, base, output)
