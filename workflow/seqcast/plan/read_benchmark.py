"""The benchmark of reads: references, sequenced samples, and the labelled sets of a benchmark."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from seqcast.core.errors import InputError
from seqcast.evaluation.reads import INDEX_SUFFIXES
from seqcast.plan.benchmarks import Benchmark, benchmarks_of
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.reads import LABELLED, MAPPED, Reads
from seqcast.plan.rows import Assembly, Dataset
from seqcast.plan.tables import Table
from seqcast.plan.wildcards import OfBenchmark, OfReference, OfSample

REFERENCES = "resources/references"
RESULTS = ("tsv", "times.tsv", "html", "roc.png")


@dataclass(frozen=True, eq=False)
class ReadBenchmarks:
    """References, samples and benchmarks, and what their jobs take.

    Raises
    ------
    InputError
        If a model has the name of a gene finder, or a benchmark names an unknown dataset, one of
        another kind, or one twice.
    """

    catalogue: Catalogue
    reads: Reads

    def __post_init__(self) -> None:
        models = self.catalogue.models
        if taken := [model for model in models if model in self.comparators]:
            raise InputError(
                f"{models.path}: {taken[0]} is the name of a gene finder in "
                "read_benchmark.comparators; rename the model"
            )
        _ = self.benchmarks

    @cached_property
    def references(self) -> dict[str, Assembly]:
        """Assemblies that samples are mapped to, by name."""
        named = {row.assembly for row in self.samples.values()}
        return {name: row for name, row in self.catalogue.assemblies.items() if name in named}

    @cached_property
    def samples(self) -> dict[str, Dataset]:
        """Sequenced samples by name: datasets that are labelled by mapping them."""
        return {name: self.catalogue.datasets[name] for name in self.catalogue.of_kind(MAPPED)}

    @cached_property
    def benchmarks(self) -> Table[Benchmark]:
        """Benchmarks of reads by name."""
        return benchmarks_of(self.catalogue, "reads", LABELLED, MAPPED)

    @property
    def comparators(self) -> list[str]:
        """Gene finders that are compared."""
        return list(self.catalogue.config["read_benchmark"]["comparators"])

    @property
    def tools(self) -> list[str]:
        """Everything that is compared: models of reads, and gene finders."""
        return [*self.catalogue.of_task("reads"), *self.comparators]

    @property
    def targets(self) -> list[str]:
        """Results of all benchmarks."""
        files = product(self.benchmarks, RESULTS)
        return [f"results/benchmarks/{name}.{file}" for name, file in files]

    def reference_files(self, job: OfReference) -> dict[str, str]:
        """Input: genome of a reference, and the BED of coding sequence if it has one."""
        row = self.references[job.reference]
        return self.catalogue.given_files({"genome": row.genome, "coding": row.coding})

    def unclear_file(self, job: OfReference) -> dict[str, str]:
        """Input: the BED of unclear sequence, or else the proteins to search it with."""
        row = self.references[job.reference]
        name = "unclear" if row.unclear else "proteins"
        return {name: self.catalogue.given(getattr(row, name))}

    def index(self, reference: str) -> list[str]:
        """Files of the index of a reference, or their patterns."""
        return [f"{REFERENCES}/{reference}{suffix}" for suffix in INDEX_SUFFIXES]

    def sample_files(self, job: OfSample) -> dict[str, Any]:
        """Input: index of the sample's reference, and its reads."""
        row = self.samples[job.sample]
        reads = self.catalogue.given_files({"reads1": row.path, "reads2": row.path2})
        return {"index": self.index(self.reference_of(job.sample)), **reads}

    def sample_regions(self, job: OfSample) -> dict[str, str]:
        """Input: coding sequence of the sample's reference, and unclear one if it can be found."""
        row = self.references[self.reference_of(job.sample)]
        kinds = ["coding"] + ["unclear"] * bool(row.unclear or row.proteins)
        return {kind: f"{REFERENCES}/{row.assembly}.{kind}.bed" for kind in kinds}

    def choice(self, job: OfSample) -> dict[str, Any]:
        """Which of the mapped reads of a sample are taken."""
        options = self.catalogue.config["read_benchmark"]
        chosen = {key: options[key] for key in ("min_length_nt", "min_mapq", "seed")}
        return {"balanced": self.samples[job.sample].balanced, **chosen}

    def reference_of(self, dataset: str) -> str:
        """What a benchmark pools a dataset by: the assembly of mapped reads, or else its pool."""
        row = self.catalogue.datasets[dataset]
        return row.assembly if row.kind == MAPPED else row.pool or dataset

    def references_of(self, job: OfBenchmark) -> list[str]:
        """`reference_of` each dataset of a benchmark."""
        return [self.reference_of(name) for name in self.benchmarks[job.benchmark].sets]

    def labelled_reads(self, job: OfBenchmark) -> list[str]:
        """Input: labelled reads of a benchmark, one file per dataset."""
        return [self.reads.table(name) for name in self.benchmarks[job.benchmark].sets]

    def scores(self, job: OfBenchmark) -> list[str]:
        """Input: what each tool says of each dataset of a benchmark."""
        pairs = product(self.benchmarks[job.benchmark].sets, self.tools)
        return [f"results/reads/{tool}/{dataset}.parquet" for dataset, tool in pairs]

    def published(self, job: OfBenchmark) -> str | list[str]:
        """Input: the table of results published for a benchmark, none if there is none."""
        return self.catalogue.given_if_named(self.benchmarks[job.benchmark].published)

    def about(self, job: OfBenchmark) -> dict[str, str]:
        """Params: what the page of a benchmark tells of it."""
        row = self.benchmarks[job.benchmark]
        return {"description": row.description, "citation": row.citation}
