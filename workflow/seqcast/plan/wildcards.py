"""What a job is of: signatures say which wildcards a function reads, so that mypy holds them to it.

Snakemake's wildcards fit all of these; which of them a job has, the paths of its rule decide. A
function that reads none takes an object.
"""

from typing import Protocol, runtime_checkable


class OfPath(Protocol):
    """A job that makes a file of any name."""

    path: str


class OfAssembly(Protocol):
    """Of a row of assemblies.tsv."""

    assembly: str


class OfDataset(Protocol):
    """Of a row of datasets.tsv."""

    dataset: str


class OfCoverageSet(Protocol):
    """Of a training dataset of coverage."""

    coverage_set: str


class OfReadSet(Protocol):
    """Of a training dataset of reads."""

    read_set: str


class OfCollection(Protocol):
    """Of a row of collections.tsv."""

    collection: str


class OfLibrary(Protocol):
    """Of sequenced reads that coverage is made from."""

    library: str


class OfBenchmark(Protocol):
    """Of a row of benchmarks.tsv."""

    benchmark: str


class OfProperty(Protocol):
    """Of a benchmark of task property."""

    property: str


class OfSample(Protocol):
    """Of reads that a benchmark samples."""

    sample: str


class OfReference(Protocol):
    """Of a genome that a benchmark's reads are mapped to."""

    reference: str


@runtime_checkable
class OfModel(Protocol):
    """Of a row of models.tsv, with all its folds where no fold is named."""

    model: str


@runtime_checkable
class OfFold(OfModel, Protocol):
    """Of a row of folds.tsv."""

    fold: str


@runtime_checkable
class OfTraining(Protocol):
    """Of a training that several models share the heads of."""

    training: str


Trains = OfFold | OfTraining  # a job that trains


class OfModelAndDataset(OfModel, OfDataset, Protocol):
    """Of a dataset that a model is run on."""


class OfFoldAndDataset(OfFold, OfDataset, Protocol):
    """Of a dataset that one fold is run on."""


class OfModelAndCoverageSet(OfModel, OfCoverageSet, Protocol):
    """Of measured coverage that a model is compared with."""


class OfFoldAndCoverageSet(OfFold, OfCoverageSet, Protocol):
    """Of measured coverage that one fold is compared with."""


class OfFoldAndProperty(OfFold, OfProperty, Protocol):
    """Of a property that is read from the embeddings of one fold."""


class OfNotebookFolder(Protocol):
    """Of a model, as the published notebooks name its folder."""

    folder: str


class OfNotebookRun(OfNotebookFolder, Protocol):
    """Of a fold, as notebooks name its training."""

    run: str


class OfNotebookSet(Protocol):
    """Of one side of a set of variants, positives or negatives, as notebooks name them."""

    set: str
    side: str


class OfNotebookPlace(Protocol):
    """Of oligos in a context, as notebooks name their folder."""

    place: str


class OfNotebookSetAndRun(OfNotebookSet, OfNotebookRun, Protocol):
    """Of the scores of such a side."""


class OfNotebookPlaceAndRun(OfNotebookPlace, OfNotebookRun, Protocol):
    """Of the scores of such oligos."""


class OfNotebookTable(OfNotebookFolder, Protocol):
    """Of a table of tracks of a model."""

    table: str


class OfNotebookText(Protocol):
    """Of a file of text that is copied."""

    text: str


class OfNotebookExperiment(Protocol):
    """Of tracks that genes are evaluated on."""

    experiment: str
