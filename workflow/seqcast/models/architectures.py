"""The table of architectures, what planning asks of one, and their words; read without torch."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqcast.core.errors import InputError

PROPERTY_KINDS = ("regression", "binary", "multiclass")
POOLINGS = ("mean", "last")  # of the features of a sequence's tokens

# Name -> the class of its networks, and that of their hyperparameters, whose ``from_params`` needs
# no torch: both as module:class.
ARCHITECTURES = {
    "borzuki": (
        "seqcast.models.borzuki.network:Borzuki",
        "seqcast.models.borzuki.config:BorzukiConfig",
    ),
    "readseeker": (
        "seqcast.models.readseeker.network:ReadSeeker",
        "seqcast.models.readseeker.config:ReadSeekerConfig",
    ),
    "six_frame": (
        "seqcast.models.six_frame.network:SixFrame",
        "seqcast.models.six_frame.config:SixFrameConfig",
    ),
    "helix_mrna": (
        "seqcast.models.helix.helix_mrna:HelixMrna",
        "seqcast.models.helix.helix_mrna_config:HelixMrnaConfig",
    ),
    "mamba2_mrna": (
        "seqcast.models.helix.mamba2_mrna:Mamba2Mrna",
        "seqcast.models.helix.mamba2_config:Mamba2Config",
    ),
    "mrna_property": (
        "seqcast.models.mrna_property.network:MrnaProperty",
        "seqcast.models.mrna_property.config:MrnaPropertyConfig",
    ),
}


@dataclass(frozen=True)
class CoverageShape:
    """What windows and targets of a coverage model have to be.

    Attributes
    ----------
    window_length_bp : int
        Of the input.
    bin_size_bp : int
    crop_bins : int
        Bins at each side of the window that have no prediction.
    heads : mapping of str to int
        Head to its number of tracks, in the order of the hyperparameters: the first is the default.
    """

    window_length_bp: int
    bin_size_bp: int
    crop_bins: int
    heads: Mapping[str, int]


def architecture_of(name: str) -> Any:
    """A class of networks, an `interface.Architecture`.

    Parameters
    ----------
    name : str
        A key of `ARCHITECTURES`, or ``module:Class`` of an architecture outside this package, which
        Python finds where it is installed or on PYTHONPATH.

    Raises
    ------
    InputError
        If there is none of that name, or it cannot be imported.
    """
    if is_outside(name):
        return _from_outside(name)
    return imported(_row(name)[0])


def is_outside(name: str) -> bool:
    """Whether a name is that of an architecture outside this package, as ``module:Class``."""
    return ":" in name


def check_task(name: str, task: str) -> None:
    """Refuse an architecture from outside that cannot be imported or is of another task.

    Those of the table are not imported: the schema of models.tsv says which task each has.

    Raises
    ------
    InputError
    """
    if is_outside(name) and (found := architecture_of(name).task) != task:
        raise InputError(f"architecture {name!r} is of task {found}; expected one of task {task}")


def coverage_shape(architecture: str, params: Mapping[str, Any]) -> CoverageShape:
    """The shape of a coverage model, from the content of its hyperparameters.

    Raises
    ------
    InputError
        If the architecture is unknown, does not predict coverage, or refuses the hyperparameters.
    """
    if is_outside(architecture):
        check_task(architecture, "coverage")
        return architecture_of(architecture).read_config(params).shape
    config = imported(_row(architecture)[1])
    if config.task != "coverage":
        raise InputError(
            f"architecture {architecture!r} is of task {config.task}; expected one of task coverage"
        )
    return config.from_params(params).shape


def _row(name: str) -> tuple[str, str]:
    if name not in ARCHITECTURES:
        raise InputError(f"unknown architecture {name!r}; known: {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]


def _from_outside(name: str) -> Any:
    remedy = (
        "expected module:Class of a class of networks that Python can import: install its package, "
        "or add the folder of the module to PYTHONPATH"
    )
    try:
        found = imported(name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"architecture {name!r}: {error}; {remedy}") from error
    if not hasattr(found, "task"):
        raise InputError(f"architecture {name!r} is none: it has no task; {remedy}")
    return found


def imported(reference: str) -> Any:
    """What ``module:name`` names."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)
