"""The page of each trained fold, the verdict on it, and where scores say what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seqcast.plan.catalogue import Catalogue
from seqcast.plan.coverage_accuracy import CoverageAccuracy
from seqcast.plan.coverage_trainings import CoverageTrainings
from seqcast.plan.trainings import Trainings
from seqcast.plan.wildcards import OfFold, OfModel

PATH = "results/training/{model}.fold{fold}"


@dataclass(frozen=True, eq=False)
class TrainingPages:
    """Pages of the folds that a run trains."""

    catalogue: Catalogue
    trainings: Trainings
    coverage: CoverageTrainings
    accuracy: CoverageAccuracy

    @property
    def targets(self) -> list[str]:
        """A page of each trained fold."""
        return [f"{_path(*pair)}.html" for pair in self.trainings.trained]

    @cached_property
    def tested(self) -> dict[tuple[str, str], str]:
        """Trained coverage model and fold to its dataset, where that has windows to test on."""
        learned = {key: self.coverage.dataset_of(*key) for key in self.coverage.trained}
        return {
            key: name for key, name in learned.items() if key in self.accuracy.tested.get(name, [])
        }

    @property
    def figures(self) -> list[str]:
        """Figures that pages hold, which need no other place."""
        return [path for key in self.trainings.trained for path in self._figures(*key)]

    def graded(self, job: OfFold) -> dict[str, str]:
        """Input: tables that a verdict rests on."""
        name = self.tested[job.model, job.fold]
        kinds = ["tracks", *["decay_metrics"] * (name in self.accuracy.decay_courses)]
        return {"history": self.trainings.history(job), **self._tables(job, kinds)}

    def shown(self, job: OfFold) -> dict[str, Any]:
        """Input: what the page of a fold shows."""
        key = job.model, job.fold
        found: dict[str, Any] = {
            "history": self.trainings.history(job),
            "figures": self._figures(*key),
            **self.trainings.files("recipe")(job),
        }
        if key not in self.coverage.trained:
            return found
        name = self.coverage.dataset_of(*key)
        if name in self.accuracy.sets.of_tracks:
            found["preflight"] = f"results/coverage_sets/{name}.preflight.tsv"
            found["windows"] = self.windows(job)
        if key in self.tested:
            found |= {"verdict": f"{_path(*key)}.verdict.tsv", **self._tables(job, ["tracks"])}
        return found

    def about(self, job: OfFold) -> dict[str, str]:
        """Params: what the page of a fold says of its training."""
        row, model = self.trainings.of(job), self.catalogue.models[job.model]
        return {
            "model": job.model, "fold": job.fold, "training": row.training, "data": row.train,
            "initial": row.initial, "architecture": model.architecture, "task": model.task,
        }  # fmt: skip

    def windows(self, job: OfFold) -> str:
        """Input: windows of the dataset that a fold learned, with their parts."""
        learned = self.coverage.dataset_of(job.model, job.fold)
        return f"results/coverage_sets/{learned}.windows.bed"

    def verdicts(self, job: OfModel) -> list[str]:
        """Input: verdicts on the folds of a model, none of those that were not trained here."""
        return self.verdicts_of([job.model])

    def verdicts_of(self, models: Sequence[str]) -> list[str]:
        """Verdicts on the folds of some models."""
        return [f"{_path(*key)}.verdict.tsv" for key in self.tested if key[0] in models]

    def _tables(self, job: OfFold, kinds: Sequence[str]) -> dict[str, str]:
        name = self.tested[job.model, job.fold]
        paths = self.accuracy.files(*kinds)
        return {
            kind: path.format(model=job.model, coverage_set=name, fold=job.fold)
            for kind, path in paths.items()
        }

    def _figures(self, model: str, fold: str) -> list[str]:
        made = [f"{_path(model, fold)}.learning_curve.png"]
        if (model, fold) in self.coverage.trained:
            learned = self.coverage.dataset_of(model, fold)
            made += [f"{_path(model, fold)}.windows.png"] * (
                learned in self.accuracy.sets.of_tracks
            )
        if name := self.tested.get((model, fold)):
            of_fold = self.accuracy.figures.format(model=model, coverage_set=name, fold=fold)
            made += [f"{of_fold}.genes.png"]
            made += [f"{of_fold}.decays.png"] * (name in self.accuracy.decay_courses)
        return made


def _path(model: str, fold: str) -> str:
    return PATH.format(model=model, fold=fold)
