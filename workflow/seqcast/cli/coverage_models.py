"""The coverage model that a command is given: its files, its tracks and its folds."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from cyclopts import Parameter

from seqcast.cli.options import Computing, check_threads
from seqcast.core.errors import InputError
from seqcast.core.provenance import provenance, versions
from seqcast.core.store import file_sha256
from seqcast.genome.tracks import Tracks
from seqcast.models.convert import read_safetensors, tensors_sha256
from seqcast.models.interface import CoverageModel, load_model
from seqcast.models.shipped import SHIPPED, ShippedModel
from seqcast.predict.variants.effect_intervals import Certainty
from seqcast.predict.variants.ranking import select_tracks

logger = logging.getLogger(__name__)

ARCHITECTURE = "borzuki"
NAMES = tuple(name for name, files in SHIPPED.items() if files.tracks)
WEIGHTS = (".safetensors", ".h5")  # of one kind all folds are
TARGETS = ("targets.tsv", "targets.txt")
TRYING = (
    "%s is FOR TRYING ONLY. It was trained on a simulated genome: its numbers mean nothing on a "
    "real one"
)
GIVE = (
    f"expected {' or '.join(NAMES)}, or a folder with weights ({' or '.join(WEIGHTS)}, one file "
    f"per fold), hyperparameters (.json) and tracks ({' or '.join(TARGETS)}). `seqcast init "
    "--model NAME` plans a run that downloads a published model, such as hl_clip"
)


class GivenModel(NamedTuple):
    """A model as named on the command line.

    Attributes
    ----------
    name : str
    files : ShippedModel
    tracks : Tracks
        Those to predict.
    head : str, optional
    """

    name: str
    files: ShippedModel
    tracks: Tracks
    head: str | None

    @property
    def paths(self) -> list[Path]:
        """All its files."""
        files = self.files
        return [*files.weights, files.hyperparameters, *([files.tracks] if files.tracks else [])]

    @property
    def folds(self) -> int:
        """How many there are."""
        return len(self.files.weights)

    @property
    def certainty(self) -> Certainty:
        """What the spread over its folds says of an effect."""
        return Certainty.read(self.folds, self.files.intervals)

    def loaded(self, device: str, precision: str) -> Iterator[tuple[CoverageModel, dict[str, Any]]]:
        """Each fold, and the facts that results say of it; one at a time is in memory."""
        for fold, weights in enumerate(self.files.weights):
            model = load_model(
                self.files.architecture, weights, self.files.hyperparameters, self.head,
                device=device, precision=precision,
            )  # fmt: skip
            yield model, provenance(
                model=self.name, fold=str(fold), architecture=self.files.architecture,
                weights=str(weights), weights_sha256=file_sha256(weights),
                device=str(next(model.parameters()).device), precision=precision,
                versions=versions(), **_tensors(weights),
            )  # fmt: skip


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ModelChoice(Computing):
    """The options that name a coverage model, and how it computes.

    Attributes
    ----------
    model : str, optional
        borzuki_tiny, which ships with seqcast and is good for trying only; or a folder with the
        files of a model: weights, one file per fold, whose mean is given; hyperparameters (.json);
        tracks (targets.tsv or targets.txt).
    weights : tuple of Path, optional
        Files of weights, instead of those of the folder.
    hyperparameters : Path, optional
        Instead of that of the folder.
    targets : Path, optional
        Table of tracks, instead of that of the folder.
    architecture : str
        Of the files of a folder.
    head : str, optional
        human or mouse; default: the one that fits the weights.
    tracks : str, optional
        Tracks that count: a regular expression on their descriptions; default: all.
    batch_size : int
        Sequences predicted at once.
    """

    model: str | None = None
    weights: tuple[Path, ...] | None = None
    hyperparameters: Path | None = None
    targets: Path | None = None
    architecture: str = ARCHITECTURE
    head: str | None = None
    tracks: str | None = None
    batch_size: int = 1


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class GenomeChoice:
    """The options of a genome.

    Attributes
    ----------
    genome : Path
        FASTA, plain or bgzip.
    contig_aliases : Path, optional
        Table of other contig names (contig, alias).
    """

    genome: Path
    contig_aliases: Path | None = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class GenesChoice(GenomeChoice):
    """The options of a genome and its genes.

    Attributes
    ----------
    annotation : Path
        GTF or GFF3 of that genome.
    """

    annotation: Path


def given_model(chosen: ModelChoice) -> GivenModel:
    """The model that a command names; torch gets the threads that it may take.

    Raises
    ------
    InputError
        If a file is missing, `tracks` matches none, or a number cannot be.
    """
    check_threads(chosen.threads)
    if chosen.batch_size < 1:
        raise InputError(f"--batch-size {chosen.batch_size}: expected 1 or more")
    torch.set_num_threads(chosen.threads)
    files = _files(chosen)
    if lacking := [path for path in (*files.weights, files.hyperparameters) if not path.is_file()]:
        raise InputError(f"{lacking[0]} does not exist; expected a file of the model")
    assert files.tracks is not None
    tracks = Tracks.read(files.tracks)
    if chosen.tracks:
        tracks = tracks.subset(select_tracks(tracks.table(), chosen.tracks))
    if chosen.model in NAMES:
        logger.warning("NOTE: %s", TRYING % chosen.model)
    name = chosen.model or files.weights[0].parent.name
    return GivenModel(name, files, tracks, chosen.head)


def _files(chosen: ModelChoice) -> ShippedModel:
    """Files of a model: those of its name or folder, but for those that are given alone."""
    single = {"weights": chosen.weights, "hyperparameters": chosen.hyperparameters,
              "targets": chosen.targets}  # fmt: skip
    lacking = [name for name, path in single.items() if path is None]
    if chosen.model is None and lacking:
        raise InputError(f"no --model, nor --{lacking[0]}; {GIVE}")
    if chosen.model is not None and chosen.model in NAMES:
        own = SHIPPED[chosen.model]
        return own._replace(
            weights=tuple(chosen.weights or own.weights),
            intervals=None if chosen.weights else own.intervals,
            hyperparameters=chosen.hyperparameters or own.hyperparameters,
            tracks=chosen.targets or own.tracks,
        )
    folder = Path(chosen.model or ".")
    if not folder.is_dir():
        raise InputError(f"--model {chosen.model}: no such model or folder; {GIVE}")
    return ShippedModel(
        chosen.architecture,
        tuple(chosen.weights or _weights(folder)),
        chosen.hyperparameters or _single(folder, "*.json", "--hyperparameters"),
        chosen.targets or _single(folder, "targets.t[sx][vt]", "--targets"),
    )


def _tensors(weights: Path) -> dict[str, str]:
    """Digest of the tensors of a file as a run has them, by which nulls know their model."""
    if weights.suffix != WEIGHTS[0]:
        return {}
    return {"tensors_sha256": tensors_sha256(read_safetensors(weights)[0])}


def _weights(folder: Path) -> list[Path]:
    """Weights of the folds in a folder, fold 10 after fold 9."""
    for suffix in WEIGHTS:
        if found := list(folder.glob(f"*{suffix}")):
            return sorted(found, key=_natural)
    raise InputError(f"--model {folder} has no weights; {GIVE}")


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", path.name)]


def _single(folder: Path, pattern: str, option: str) -> Path:
    """The one file of a kind in a folder."""
    found = sorted(folder.glob(pattern))
    if len(found) == 1:
        return found[0]
    told = f"has {len(found)} files {pattern}" if found else f"has no {pattern}"
    raise InputError(f"--model {folder} {told}; expected one. Name the file by {option}")
