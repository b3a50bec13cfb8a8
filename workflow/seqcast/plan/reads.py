"""Sets of reads that models classify, labelled or not."""

from dataclasses import dataclass

from seqcast.plan.catalogue import Catalogue
from seqcast.plan.rows import genome_of
from seqcast.plan.wildcards import OfDataset

LABELLED = "labelled_reads"  # kind of sets whose labels are in their file
MAPPED = "mapped_reads"  # kind of those whose labels come of mapping them to a reference


@dataclass(frozen=True, eq=False)
class Reads:
    """Datasets of reads, and what the jobs that classify them take."""

    catalogue: Catalogue

    @property
    def datasets(self) -> list[str]:
        """Names of sets of reads, those without labels first."""
        return [*self.catalogue.of_kind("reads"), *self.catalogue.of_kind(LABELLED, MAPPED)]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every model of reads with every set of them."""
        models = self.catalogue.of_task("reads")
        return [(model, dataset) for model in models for dataset in self.datasets]

    @property
    def tables(self) -> list[str]:
        """What each model says of each set."""
        return [f"results/reads/{model}/{dataset}.parquet" for model, dataset in self.pairs]

    @property
    def targets(self) -> list[str]:
        """Tables, figures and other forms of what models say, and the page of all."""
        others = [path for model, dataset in self.pairs for path in self._files(model, dataset)]
        return [*self.tables, *others, *["results/report/reads.html"] * bool(self.tables)]

    def _files(self, model: str, dataset: str) -> list[str]:
        """Figure of a set, and its export or the files that it is split into."""
        files = [f"results/report/{model}/{dataset}.reads.png"]
        made = f"results/reads/{model}/{dataset}"
        if self.is_labelled(dataset):
            return [*files, f"{made}.pred_results.npy"]
        return [*files, *[f"{made}.split"] * (self.catalogue.config["split_reads"] != "no")]

    def is_labelled(self, dataset: str) -> bool:
        """Whether the labels of a set of reads are known."""
        return self.catalogue.datasets[dataset].kind in (LABELLED, MAPPED)

    def table(self, dataset: str) -> str:
        """The table of a labelled set: its file, or the reads selected from those that map."""
        row = self.catalogue.datasets[dataset]
        selected = f"results/read_benchmark/{dataset}/dev.tsv"
        return selected if row.kind == MAPPED else self.catalogue.given(row.path)

    def labelled(self, job: OfDataset) -> str:
        """Input: `table` of the job's dataset."""
        return self.table(job.dataset)

    def files(self, job: OfDataset) -> dict[str, str]:
        """Input: files of a set, one, or two of pairs, and the genome that a CRAM file needs."""
        if self.is_labelled(job.dataset):
            return {"path": self.table(job.dataset)}
        row = self.catalogue.datasets[job.dataset]
        genome = genome_of(row.assembly)["genome"] if row.assembly else None
        named = {"path": row.path, "path2": row.path2, "reference": genome}
        return self.catalogue.given_files(named)

    def interleaved(self, job: OfDataset) -> bool:
        """Whether the one file of a set holds both mates of pairs."""
        return self.catalogue.datasets[job.dataset].interleaved
