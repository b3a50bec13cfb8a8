"""What the jobs that train models take: files, options and resources, by the task of the model."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seqcast.plan.catalogue import Catalogue
from seqcast.plan.coverage_trainings import CoverageTrainings
from seqcast.plan.needs import TRAINING_NEEDS, Need
from seqcast.plan.properties import Properties
from seqcast.plan.trainings import Trainings
from seqcast.plan.wildcards import OfFold, Trains


@dataclass(frozen=True, eq=False)
class TrainingJobs:
    """Jobs that train one fold of a model, or the heads that several models share."""

    catalogue: Catalogue
    trainings: Trainings
    coverage: CoverageTrainings
    properties: Properties

    @cached_property
    def models(self) -> list[str]:
        """Models with a training of their own; the others take a head of a shared one."""
        own = (key[0] for key in self.trainings.trained if not self.trainings.is_shared(*key))
        return list(dict.fromkeys(own))

    def task(self, job: Trains) -> str:
        """Params: the task of the model, which decides how it is trained."""
        model = self.trainings.model_of(job)
        assert model is not None
        return self.catalogue.models[model].task

    def files(self, job: Trains) -> dict[str, Any]:
        """Input: data to learn from, training configuration, and files of the network."""
        task, more = self.task(job), self.trainings.files("initial", "recipe")(job)
        if task == "property" and isinstance(job, OfFold):
            return {**self.properties.learned_files(job), **more}
        learned = {
            "coverage": self.coverage.files,
            "reads": self.trainings.files("train", "validation"),
            "embedding": self.trainings.texts,
        }
        return {**learned[task](job), **more}

    def facts(self, job: Trains) -> dict[str, Any]:
        """Params: what weights say of the training that made them."""
        of_coverage = self.task(job) == "coverage"
        return self.coverage.facts(job) if of_coverage else self.trainings.facts(job)

    def options(self, job: Trains) -> dict[str, Any]:
        """Params: what decides the weights in addition, by the names of the task's function."""
        task = self.task(job)
        if task == "coverage":
            return {"processes": self.catalogue.config["training"]["processes"]}
        if task == "property" and isinstance(job, OfFold):
            seed = self.catalogue.config["properties"]["seed"]
            return {"definition": self.properties.learned_definition(job), "seed": seed}
        return {}

    def track_weights(self, job: Trains) -> list[list[float]]:
        """Params: `CoverageTrainings.track_weights`; none of another task."""
        return self.coverage.track_weights(job) if self.task(job) == "coverage" else []

    def gpus(self, job: Trains) -> int:
        """Resources: one per process of a training, if jobs use any."""
        return self._processes(job) if self.catalogue.uses_gpus else 0

    def threads(self, job: Trains) -> int:
        """CPU threads of all processes together."""
        return self.catalogue.config["inference"]["threads"] * self._processes(job)

    def _processes(self, job: Trains) -> int:
        return self.options(job).get("processes", 1)

    def memory_mb(self, job: Trains, attempt: int) -> int:
        """Resources: memory of the host, in MB."""
        return self._need(job).memory_mb * attempt

    def runtime_min(self, job: Trains, attempt: int) -> int:
        """Resources: the limit of time, in minutes."""
        return self._need(job).runtime_min * attempt

    def _need(self, job: Trains) -> Need:
        return TRAINING_NEEDS[self.task(job)]
