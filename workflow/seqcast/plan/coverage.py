"""Coverage that models predict of windows."""

from dataclasses import dataclass

from seqcast.plan.catalogue import Catalogue
from seqcast.plan.wildcards import OfModelAndDataset


def coverage_store(model: str, dataset: str, of: str = "ensemble") -> str:
    """The store of what a model predicts of a dataset: of the folds' mean, or of ``fold<name>``."""
    return f"results/coverage/{model}/{dataset}.{of}.zarr"


@dataclass(frozen=True)
class Coverage:
    """Datasets of windows, and what the jobs that predict their coverage take."""

    catalogue: Catalogue

    @property
    def targets(self) -> list[str]:
        """Coverage of the folds' mean, and its bigWig files where they are asked for."""
        kinds = ["zarr"] + ["bigwig"] * self.catalogue.config["bigwig"]
        return [
            f"results/coverage/{model}/{dataset}.ensemble.{kind}"
            for model in self.catalogue.of_task("coverage")
            for dataset in self.catalogue.of_kind("windows")
            for kind in kinds
        ]

    def folds(self, job: OfModelAndDataset) -> list[str]:
        """Input: the coverage that each fold of a model predicts."""
        folds = self.catalogue.folds_of(job.model)
        return [coverage_store(job.model, job.dataset, f"fold{fold}") for fold in folds]
