"""Training reads: the collections of genomes, and what each set of reads takes from them."""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from seqcast.plan.catalogue import Catalogue
from seqcast.plan.tables import Row, Table

FOLDER = "resources/read_sets"
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
    """What a set of training reads takes from a collection."""

    KEY = ("read_set", "collection")
    read_set: str
    collection: str
    train_per_class: int
    dev_per_class: int
    split: str = ""
    coding_share: float = 0.5


@dataclass(frozen=True, eq=False)
class ReadSets:
    """Sets of training reads, their collections, and what the jobs that draw reads take.

    Raises
    ------
    InputError
        If a set of training reads names a collection that has no row.
    """

    catalogue: Catalogue

    def __post_init__(self) -> None:
        named = [row.collection for rows in self.portions.values() for row in rows]
        self.collections.check_names(named, self.catalogue.path_of("read_sets"))

    @cached_property
    def collections(self) -> Table[Collection]:
        """Collections by name."""
        return self.catalogue.rows("collections", Collection)

    @cached_property
    def portions(self) -> dict[str, list[Portion]]:
        """Name of a set to what it takes from each collection."""
        found: dict[str, list[Portion]] = {}
        for row in self.catalogue.rows("read_sets", Portion).values():
            found.setdefault(row.read_set, []).append(row)
        return found

    def sources(self, job: Any) -> list[str]:
        """Input: files that a collection is read from."""
        cells = self.collections[job.collection].source.split(",")
        return [self.catalogue.given(value.strip()) for value in cells]

    def genomes(self, job: Any) -> list[str]:
        """Input: assemblies and shards of all that a set of training reads is drawn from."""
        named = [self.collections[row.collection] for row in self.portions[job.read_set]]
        return [
            path
            for row in named
            for path in [row.assemblies, *chain.from_iterable(row.shard_files)]
        ]

    def taken(self, job: Any) -> list[dict[str, Any]]:
        """What a set takes from each collection: `datasets.reads.sampling.Portion`."""
        return [self._portion(row) for row in self.portions[job.read_set]]

    def _portion(self, row: Portion) -> dict[str, Any]:
        collection = self.collections[row.collection]
        return {
            "collection": row.collection,
            "origin": collection.origin,
            "train_per_class": row.train_per_class,
            "dev_per_class": row.dev_per_class,
            "split": row.split or self.catalogue.config["read_sampling"]["split"],
            "coding_share": row.coding_share,
            "assemblies": collection.assemblies,
            "shards": collection.shard_files,
        }
