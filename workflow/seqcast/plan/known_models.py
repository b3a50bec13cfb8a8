"""Models that seqcast knows of: those that ship with it, and those that a run downloads."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seqcast.core.text_files import read_rows
from seqcast.core.urls import public_url
from seqcast.models.architectures import architecture_of
from seqcast.models.shipped import SHIPPED

SHIPPED_LICENCE = "Apache-2.0"
CONFIGS = ("config/published", "config/mrna_benchmarks")  # of models that are downloaded


class KnownModel(NamedTuple):
    """A model.

    Attributes
    ----------
    name : str
    task : str
    files : tuple of Path
        Weights, one file per fold; of a model that is downloaded, where a run puts them.
    origin : str
        "ships with seqcast", or the URL of the first file.
    licence : str
        Of the weights, as its publisher states it.
    description : str
    """

    name: str
    task: str
    files: tuple[Path, ...]
    origin: str
    licence: str
    description: str

    @property
    def size_bytes(self) -> int | None:
        """Of the weights of all folds; None where a file is missing."""
        if all(path.is_file() for path in self.files):
            return sum(path.stat().st_size for path in self.files)
        return None


def known_models(checkout: Path, resources: Path) -> Iterator[KnownModel]:
    """Models, those that ship with seqcast first.

    Parameters
    ----------
    checkout : Path
        The repository, whose tables name published models; they are unknown without it.
    resources : Path
        Folder of the downloads of a run.
    """
    for name, files in SHIPPED.items():
        task = architecture_of(files.architecture).task
        card = f"resources/{name}/README.md"
        yield KnownModel(name, task, files.weights, "ships with seqcast", SHIPPED_LICENCE, card)
    if not (checkout / "config/sources.tsv").is_file():
        return
    sources = {row["source"]: row for row in read_rows(checkout / "config/sources.tsv")}
    for folder in CONFIGS:
        folds = read_rows(checkout / folder / "folds.tsv")
        for row in read_rows(checkout / folder / "models.tsv"):
            own = [fold["source"] for fold in folds if fold["model"] == row["model"]]
            found = [sources[source] for source in own if source in sources]
            if found:
                yield KnownModel(
                    row["model"], row["task"], tuple(resources / one["path"] for one in found),
                    public_url(found[0]["url"]), found[0]["licence"], row["description"],
                )  # fmt: skip
