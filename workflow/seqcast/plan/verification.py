"""Verification of weights against the programs that they were published with, where asked for."""

from dataclasses import dataclass
from typing import Any

from seqcast.core.contents import content_digest
from seqcast.plan.catalogue import Catalogue, genome_of
from seqcast.plan.trainings import Trainings
from seqcast.plan.wildcards import OfFold

PREPARED = "resources/models/{}.fold{}.safetensors"


@dataclass(frozen=True)
class Verification:
    """What the jobs that verify folds take, and what the report says of them."""

    catalogue: Catalogue
    trainings: Trainings

    @property
    def verdicts(self) -> list[str]:
        """The verdict on each fold of each model."""
        return [verdict(model, fold) for model, fold in self.catalogue.folds]

    def files(self, job: OfFold) -> dict[str, Any]:
        """Input: prepared and published weights of a fold, and the genome that windows are from."""
        published = self.trainings.weights(job)
        is_published = self.catalogue.folds[job.model, job.fold].origin == "source"
        return {
            "prepared": PREPARED.format(job.model, job.fold),
            "hyperparameters": self.catalogue.given(
                self.catalogue.models[job.model].hyperparameters
            ),
            **({"weights": published} if is_published else {}),
            **self._genome,
        }

    @property
    def _genome(self) -> dict[str, str]:
        """Of the first dataset that has an assembly."""
        named = [row.assembly for row in self.catalogue.datasets.values() if row.assembly]
        if not named:
            return {}
        files = genome_of(named[0])
        return {"sequences": files["genome"], "index": files["index"]}

    @property
    def options(self) -> dict[str, Any]:
        """Params: how many sequences, and their seed."""
        return self.catalogue.part("verification", "number", "seed")

    @property
    def reported(self) -> list[tuple[str, str, str, str, str]]:
        """Params: model, fold, prepared weights, verdict, and digest of a verdict that is there.

        A verdict is no input of the report, which would make it; the digest tells of a new one.
        """
        return [
            (model, fold, PREPARED.format(model, fold), path, content_digest(path))
            for model, fold in self.catalogue.folds
            for path in [verdict(model, fold)]
        ]


def verdict(model: str, fold: str) -> str:
    """Path of the verdict on a fold."""
    return f"results/verification/{model}.fold{fold}.json"
