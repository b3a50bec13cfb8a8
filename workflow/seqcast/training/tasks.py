"""The table of trainings, one per task of models, and the function that starts any of them."""

from collections.abc import Mapping
from typing import Any

from seqcast.core.job_files import named_files
from seqcast.models.architectures import imported
from seqcast.training.outputs import TrainingOutputs
from seqcast.training.versions import made_of, train_once

# Task -> the function that trains a model of it, and the class of the files that it learns from.
TRAININGS = {
    "coverage": (
        "seqcast.training.train_coverage:train_coverage",
        "seqcast.training.train_coverage:CoverageTrainingFiles",
    ),
    "reads": (
        "seqcast.training.reads:train_reads",
        "seqcast.training.reads:ReadTrainingFiles",
    ),
    "embedding": (
        "seqcast.training.next_token:train_language_model",
        "seqcast.training.next_token:TextTrainingFiles",
    ),
    "property": (
        "seqcast.training.properties:train_property",
        "seqcast.training.properties:PropertyTrainingFiles",
    ),
}
# Files that say of others what they hold, or that they fit: no training reads them.
UNREAD = ("digests", "outputs")


def train_fold(
    task: str, files: Mapping[str, Any], outputs: TrainingOutputs, facts: Mapping[str, Any],
    device: str, threads: int, **options: Any,
) -> None:  # fmt: skip
    """Train one fold, or take the weights of the same training if it was done before.

    Parameters
    ----------
    task : str
        Key of `TRAININGS`.
    files : mapping of str to path or list of path
        By the names of the fields of the task's class of files.
    outputs : TrainingOutputs
    facts : mapping
        Provenance for the metadata of the weights.
    device : str
        See `choose_device`.
    threads : int
        CPU threads.
    **options
        Others of the task's function. They decide the weights, as files and facts do.

    Raises
    ------
    InputError
        See the function of the task.
    """
    function, kind = map(imported, TRAININGS[task])
    train_once(
        function, outputs, made_of(files, facts=facts, **options),
        files=named_files(kind, files, beside=UNREAD), facts=facts, device=device, threads=threads,
        **options,
    )  # fmt: skip
