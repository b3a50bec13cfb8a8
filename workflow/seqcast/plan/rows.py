"""Rows of the tables that all features share, and paths of what is made of an assembly."""

from dataclasses import dataclass

from seqcast.plan.tables import Row

NULLS = "nulls"  # kind of datasets of variants that others are compared with


@dataclass(frozen=True, kw_only=True)
class Assembly(Row):
    """A genome, its annotation, and the coding sequence that mapped reads are labelled by."""

    KEY = ("assembly",)
    assembly: str
    genome: str
    annotation: str = ""
    contig_aliases: str | None = None
    coding: str | None = None
    unclear: str | None = None
    proteins: str | None = None
    taxon: str = ""


@dataclass(frozen=True, kw_only=True)
class Model(Row):
    """A trained model."""

    KEY = ("model",)
    model: str
    architecture: str
    task: str
    hyperparameters: str
    head: str = ""
    tracks: str = ""
    intervals: str | None = None
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Fold(Row):
    """A fold of a model, and where its weights come from."""

    KEY = ("model", "fold")
    model: str
    fold: str
    origin: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Source(Row):
    """A file to be downloaded."""

    KEY = ("source",)
    source: str
    version: str
    url: str
    path: str
    licence: str
    citation: str
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Dataset(Row):
    """What models are run on, or training data are made from.

    Columns that a single feature uses are fields of its own class: `Catalogue.rows_of_kind`.
    """

    KEY = ("dataset",)
    dataset: str
    kind: str
    path: str
    assembly: str = ""
    shards: int = 1
    path2: str | None = None
    interleaved: bool = False
    pool: str = ""
    first: int | None = None
    balanced: bool = True
    cds: str = ""
    labels: str | None = None
    families: str | None = None
    transcripts: str | None = None
    haplotypes: str = ""
    sets: str = ""
    nulls: str = ""


def genome_of(assembly: str) -> dict[str, str]:
    """Files of the genome of an assembly: ``genome`` (bgzip) and ``index``."""
    path = f"resources/assemblies/{assembly}.fa.gz"
    return {"genome": path, "index": f"{path}.fai"}


def genes_of(assembly: str) -> str:
    """Path of the genes of an assembly."""
    return f"resources/assemblies/{assembly}.genes.parquet"
