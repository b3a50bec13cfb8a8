"""The plan of a run: what its config and tables ask for, feature by feature."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seqcast.plan.attributions import Attributions
from seqcast.plan.benchmarks import BenchmarkSummary
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.coverage import Coverage
from seqcast.plan.coverage_accuracy import CoverageAccuracy
from seqcast.plan.coverage_benchmarks import CoverageBenchmarks
from seqcast.plan.coverage_sets import CoverageSets
from seqcast.plan.coverage_trainings import CoverageTrainings
from seqcast.plan.libraries import Libraries
from seqcast.plan.maps import Maps
from seqcast.plan.needs import no_gpu_build
from seqcast.plan.notebooks import Notebooks
from seqcast.plan.nulls import Nulls
from seqcast.plan.oligo_benchmarks import OligoBenchmarks
from seqcast.plan.oligos import KIND as OLIGOS
from seqcast.plan.oligos import Oligos
from seqcast.plan.planted_truth import PlantedTruth
from seqcast.plan.properties import Properties
from seqcast.plan.read_benchmark import ReadBenchmarks
from seqcast.plan.read_sets import ReadSets
from seqcast.plan.reads import LABELLED, MAPPED, Reads
from seqcast.plan.regions import KIND as REGIONS
from seqcast.plan.regions import Regions
from seqcast.plan.rows import NULLS
from seqcast.plan.run_page import RunPage
from seqcast.plan.training_jobs import TrainingJobs
from seqcast.plan.training_pages import TrainingPages
from seqcast.plan.trainings import Trainings
from seqcast.plan.transcripts import KINDS, Transcripts
from seqcast.plan.variant_benchmarks import VariantBenchmarks
from seqcast.plan.variant_effects import VariantEffects
from seqcast.plan.verification import Verification

# Kind of datasets -> tasks of the models that take them. Others are made where they are asked for.
TAKEN_BY = {
    **dict.fromkeys(("variants", NULLS, REGIONS), ("coverage", "embedding")),
    **dict.fromkeys(("windows", OLIGOS), ("coverage",)),
    **dict.fromkeys(("reads", LABELLED, MAPPED), ("reads",)),
    **dict.fromkeys(KINDS, ("embedding",)),
}


@dataclass(frozen=True)
class RunPlan:
    """What a run does; its parts know the files of their jobs.

    Attributes
    ----------
    catalogue : Catalogue
        What all parts are planned from.
    """

    catalogue: Catalogue
    variant_effects: VariantEffects
    nulls: Nulls
    regions: Regions
    maps: Maps
    attributions: Attributions
    oligos: Oligos
    oligo_benchmarks: OligoBenchmarks
    coverage: Coverage
    libraries: Libraries
    coverage_sets: CoverageSets
    trainings: Trainings
    coverage_trainings: CoverageTrainings
    training_jobs: TrainingJobs
    coverage_accuracy: CoverageAccuracy
    training_pages: TrainingPages
    coverage_benchmarks: CoverageBenchmarks
    read_sets: ReadSets
    reads: Reads
    read_benchmarks: ReadBenchmarks
    transcripts: Transcripts
    variant_benchmarks: VariantBenchmarks
    properties: Properties
    planted_truth: PlantedTruth
    benchmarks: BenchmarkSummary
    notebooks: Notebooks
    verification: Verification

    @property
    def targets(self) -> list[str]:
        """Paths of all that a run makes; libraries and sets are made where they are asked for."""
        return [*self._shown, *self.run_page.targets]

    @cached_property
    def run_page(self) -> RunPage:
        """The one page of the run, which shows what the other parts make."""
        return RunPage(
            self.catalogue, self.variant_effects, self.maps, self.transcripts, self.planted_truth,
            self.benchmarks, self.training_pages, self._shown,
        )  # fmt: skip

    @cached_property
    def _shown(self) -> list[str]:
        """Targets of all parts but the page."""
        parts = (
            self.variant_effects,
            self.nulls,
            self.regions,
            self.maps,
            self.attributions,
            self.oligos,
            self.oligo_benchmarks,
            self.coverage,
            self.trainings,
            self.coverage_accuracy,
            self.training_pages,
            self.coverage_benchmarks,
            self.reads,
            self.read_benchmarks,
            self.transcripts,
            self.variant_benchmarks,
            self.properties,
            self.planted_truth,
            self.benchmarks,
        )
        return [path for part in parts for path in part.targets]

    @property
    def names(self) -> dict[str, Iterable[str]]:
        """What wildcards of all rules may be; a rule may take fewer of them."""
        catalogue, reads = self.catalogue, self.read_benchmarks
        return {
            "assembly": catalogue.assemblies,
            "model": catalogue.models,
            "fold": sorted({fold for _, fold in catalogue.folds}),
            "dataset": catalogue.datasets,
            "source": catalogue.sources,
            "library": self.libraries.rows,
            "coverage_set": self.coverage_sets.rows,
            "collection": self.read_sets.collections,
            "read_set": self.read_sets.portions,
            "property": self.properties.rows,
            "benchmark": reads.benchmarks,
            "reference": reads.references,
            "sample": reads.samples,
            "comparator": reads.comparators,
        }

    @property
    def gpus(self) -> int:
        """Resources: what a job that runs a model requests."""
        return int(self.catalogue.uses_gpus)

    @property
    def warnings(self) -> list[str]:
        """What a user should know before the run."""
        device = self.catalogue.config["inference"]["device"]
        asked = no_gpu_build(f"inference.device is {device}") if device.startswith("cuda") else []
        return [*self.variant_effects.warnings, *self.transcripts.warnings, *self._unused, *asked]

    @property
    def _unused(self) -> list[str]:
        """Datasets that no model takes, and nothing else of a run."""
        datasets, named = self.catalogue.datasets, self._named
        return [
            f"{datasets.path}: nothing is made of dataset {name}: {self.catalogue.models.path} has "
            f"no model of task {' or '.join(TAKEN_BY[row.kind])}, which its kind, {row.kind}, needs"
            for name, row in datasets.items()
            if row.kind in TAKEN_BY
            and name not in named
            and not self.catalogue.of_task(*TAKEN_BY[row.kind])
        ]

    @property
    def _named(self) -> set[str]:
        """Datasets that benchmarks, properties and trainings of mRNAs use."""
        trained = self.trainings.trained.values()
        return {
            *(
                row.path
                for row in self.regions.rows.values()
                if row.path in self.catalogue.datasets
            ),
            *(name for row in self.read_benchmarks.benchmarks.values() for name in row.sets),
            *(name for row in self.properties.rows.values() for name in row.sets),
            *(name for one in trained for name in self.trainings.rows[one].sets("train")),
            *(name for one in trained for name in self.trainings.rows[one].sets("validation")),
        }


def plan_run(config: dict[str, Any], schemas: Path, **given: Any) -> RunPlan:
    """Read and check config and tables, and plan the run.

    Parameters
    ----------
    config : dict
        As read; completed in place.
    schemas : path
        Folder of the schemas of config and tables.
    **given
        Further attributes of `Catalogue`.

    Raises
    ------
    InputError
        Naming table, row and column of a mistake, or the key of the config, and the remedy.
    """
    catalogue = Catalogue(config, schemas, **given)
    libraries, trainings = Libraries(catalogue), Trainings(catalogue)
    coverage_sets, properties = CoverageSets(catalogue, libraries), Properties(catalogue, trainings)
    coverage_trainings = CoverageTrainings(catalogue, trainings, coverage_sets)
    reads, oligos = Reads(catalogue), Oligos(catalogue)
    effects, transcripts = VariantEffects(catalogue), Transcripts(catalogue)
    maps = Maps(catalogue, Regions(catalogue))
    accuracy = CoverageAccuracy(catalogue, coverage_sets, coverage_trainings)
    return RunPlan(
        catalogue,
        variant_effects=effects,
        nulls=Nulls(catalogue, effects, transcripts),
        regions=maps.regions,
        maps=maps,
        attributions=Attributions(catalogue, effects, maps),
        oligos=oligos,
        oligo_benchmarks=OligoBenchmarks(catalogue, oligos, accuracy),
        coverage=Coverage(catalogue),
        libraries=libraries,
        coverage_sets=coverage_sets,
        trainings=trainings,
        coverage_trainings=coverage_trainings,
        training_jobs=TrainingJobs(catalogue, trainings, coverage_trainings, properties),
        coverage_accuracy=accuracy,
        training_pages=TrainingPages(catalogue, trainings, coverage_trainings, accuracy),
        coverage_benchmarks=CoverageBenchmarks(catalogue, accuracy),
        read_sets=ReadSets(catalogue),
        reads=reads,
        read_benchmarks=ReadBenchmarks(catalogue, reads),
        transcripts=transcripts,
        variant_benchmarks=VariantBenchmarks(catalogue, effects, transcripts),
        properties=properties,
        planted_truth=PlantedTruth(catalogue, coverage_sets, coverage_trainings, effects),
        benchmarks=BenchmarkSummary(catalogue),
        notebooks=Notebooks(catalogue, effects, oligos, accuracy),
        verification=Verification(catalogue, trainings),
    )
