"""The command `seqcast models`: what models there are, and whether their weights are."""

import sys
from pathlib import Path

from seqcast.plan.code import PACKAGE
from seqcast.plan.known_models import KnownModel, known_models


def models(*, resources: Path = Path("resources")) -> None:
    """List known models: task, weights, licence, size, and whether they are present.

    Parameters
    ----------
    resources : Path
        Folder of the downloads of a run, where weights are looked for.
    """
    found = list(known_models(PACKAGE.parents[1], resources))
    sys.stdout.writelines(f"{line}\n" for one in found for line in _lines(one))


def _lines(model: KnownModel) -> list[str]:
    """A model, to read."""
    folds = f"{len(model.files)} fold{'s' * (len(model.files) != 1)}"
    size = model.size_bytes
    present = "weights not present" if size is None else f"weights present, {size / 1e6:,.1f} MB"
    return [
        f"{model.name}: {model.task}, {folds}; {present}",
        f"    {model.description}",
        f"    {model.origin}; licence: {model.licence}",
    ]
