"""Training reads: the collections of genomes, and what each set of reads takes from them."""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.tables import Row, Table
from seqcast.plan.wildcards import OfCollection, OfReadSet

FOLDER = "resources/read_sets"
SIMULATED = "simulated_reads"  # kind of datasets
FILTERS = ("genome_rep", "assembly_level", "refseq_category")  # columns of NCBI's summary


@dataclass(frozen=True, kw_only=True)
class Collection(Row):
    """Genomes that reads are drawn from."""

    KEY = ("collection",)
    collection: str
    origin: str
    source: str
    shards: int
    genome_rep: str = ""
    assembly_level: str = ""
    refseq_category: str = ""
    accessions: str = ""
    max_assemblies: int | None = None

    @property
    def selection(self) -> dict[str, Any]:
        """Which assemblies of a summary are taken: `datasets.reads.assemblies.Selection`."""
        names = [name.strip() for name in self.accessions.split(",")]
        return {
            **{column: getattr(self, column) for column in FILTERS},
            "accessions": [name for name in names if name],
            "max_assemblies": self.max_assemblies,
        }

    @property
    def assemblies(self) -> str:
        """The table of the assemblies that are taken."""
        return f"{FOLDER}/{self.collection}/assemblies.tsv"

    @property
    def shard_files(self) -> list[tuple[str, str]]:
        """Sequences and regions of each shard, in order."""
        paths = [f"{FOLDER}/{self.collection}/{shard}" for shard in range(self.shards)]
        return [(f"{path}.2bit", f"{path}.regions.parquet") for path in paths]


@dataclass(frozen=True, kw_only=True)
class Portion(Row):
    """What is drawn from a collection, alone or into a pool of several."""

    KEY = ("dataset",)
    dataset: str
    path: str  # name of a collection
    train_per_class: int
    dev_per_class: int
    split: str = ""
    coding_share: float = 0.5
    pool: str = ""

    @property
    def read_set(self) -> str:
        """Name of the training reads that it is a part of."""
        return self.pool or self.dataset


@dataclass(frozen=True, eq=False)
class ReadSets:
    """Sets of training reads, their collections, and what the jobs that draw reads take.

    Raises
    ------
    InputError
        If a dataset names a collection that has no row, or a pool takes from one twice.
    """

    catalogue: Catalogue

    def __post_init__(self) -> None:
        for read_set, rows in self.portions.items():
            named = [row.path for row in rows]
            self.collections.check_names(named, self.catalogue.datasets.path)
            if twice := [row for row in rows if named.count(row.path) > 1]:
                raise InputError(
                    f"{self.catalogue.datasets.path}: {' and '.join(row.dataset for row in twice)} "
                    f"draw reads of {read_set} from one collection, {twice[0].path}; keep one of "
                    "them, or give each a pool of its own"
                )

    @cached_property
    def collections(self) -> Table[Collection]:
        """Collections by name."""
        return self.catalogue.rows("collections", Collection)

    @cached_property
    def portions(self) -> dict[str, list[Portion]]:
        """Name of training reads to what they take from each collection."""
        found: dict[str, list[Portion]] = {}
        for row in self.catalogue.rows_of_kind(SIMULATED, Portion).values():
            found.setdefault(row.read_set, []).append(row)
        return found

    def sources(self, job: OfCollection) -> list[str]:
        """Input: files that a collection is read from."""
        cells = self.collections[job.collection].source.split(",")
        return [self.catalogue.given(value.strip()) for value in cells]

    def genomes(self, job: OfReadSet) -> list[str]:
        """Input: assemblies and shards of all that a set of training reads is drawn from."""
        named = [self.collections[row.path] for row in self.portions[job.read_set]]
        return [
            path
            for row in named
            for path in [row.assemblies, *chain.from_iterable(row.shard_files)]
        ]

    def taken(self, job: OfReadSet) -> list[dict[str, Any]]:
        """What a set takes from each collection: `datasets.reads.sampling.Portion`."""
        return [self._portion(row) for row in self.portions[job.read_set]]

    def _portion(self, row: Portion) -> dict[str, Any]:
        collection = self.collections[row.path]
        return {
            "collection": row.path,
            "origin": collection.origin,
            "train_per_class": row.train_per_class,
            "dev_per_class": row.dev_per_class,
            "split": row.split or self.catalogue.config["read_sampling"]["split"],
            "coding_share": row.coding_share,
            "assemblies": collection.assemblies,
            "shards": collection.shard_files,
        }
