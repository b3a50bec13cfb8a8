"""Trainings of a run: which folds they make, from what."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.tables import Row, Table
from seqcast.plan.transcripts import transcripts_table
from seqcast.plan.wildcards import OfFold, OfModel, OfTraining, Trains

# Tasks whose data say themselves which part validates -> where they say it.
SPLIT_BY_DATA = {
    "coverage": "the parts of its windows say",
    "property": "the split of the property says",
}


@dataclass(frozen=True, kw_only=True)
class Training(Row):
    """A training, of one fold or more."""

    KEY = ("training",)
    training: str
    train: str
    validation: str = ""
    initial: str = ""
    recipe: str

    def sets(self, column: str) -> list[str]:
        """Names between the commas of the column ``train`` or ``validation``."""
        return [name.strip() for name in getattr(self, column).split(",")]


@dataclass(frozen=True, eq=False)
class Trainings:
    """Trainings of a run.

    Snakemake removes the outputs of a job before it starts: a mistake that is found here costs no
    finished weights. A recipe that is still to be downloaded is read by its job.
    """

    catalogue: Catalogue

    def __post_init__(self) -> None:
        self.rows.check_names(self.trained.values(), self.catalogue.folds.path)
        for (model, _), name in self.trained.items():
            row, task = self.rows[name], self.catalogue.models[model].task
            self._check_data(row, task)
            self._check_recipe(row, task)
            if task == "embedding":
                self._check_texts(row)

    @cached_property
    def rows(self) -> Table[Training]:
        """Trainings by name."""
        return self.catalogue.rows("trainings", Training)

    @cached_property
    def trained(self) -> dict[tuple[str, str], str]:
        """Model and fold to the training that makes its weights."""
        return {
            key: row.source for key, row in self.catalogue.folds.items() if row.origin == "train"
        }

    @property
    def targets(self) -> list[str]:
        """Files that a run makes of its trainings."""
        path = "results/training/{}.fold{}.learning_curve.png"
        return [path.format(model, fold) for model, fold in self.trained]

    def is_shared(self, model: str, fold: str) -> bool:
        """Whether a fold takes its head of a training that several models share."""
        row = self.catalogue.models[model], self.rows[self.trained[model, fold]]
        return row[0].task == "coverage" and len(row[1].sets("train")) > 1

    def weights(self, job: OfFold) -> str | list[str]:
        """Input: the file that the weights of a fold come from, none for random ones."""
        row = self.catalogue.folds[job.model, job.fold]
        if row.origin == "source":
            return self.catalogue.given(row.source)
        return f"{self._made(job)}.safetensors" if row.origin == "train" else []

    def history(self, job: OfFold) -> str:
        """Input: the history of the training of a fold."""
        return f"{self._made(job)}.history.tsv"

    def _made(self, job: OfFold) -> str:
        head = ".head" * self.is_shared(job.model, job.fold)
        return f"results/training/{job.model}.fold{job.fold}{head}"

    def of(self, job: Trains) -> Training:
        """The training that a path or a fold names."""
        if isinstance(job, OfTraining):
            return self.rows[job.training]
        return self.rows[self.trained[job.model, job.fold]]

    def model_of(self, job: object) -> str | None:
        """The model that a job is for, or the first of its training; None if it is for none."""
        if isinstance(job, OfTraining):
            trained = self.trained.items()
            return next(model for (model, _), name in trained if name == job.training)
        return job.model if isinstance(job, OfModel) else None

    def network_of(self, job: object) -> tuple[str, str] | tuple[()]:
        """Architecture and task of the model that a job is for; nothing if it is for none."""
        if (model := self.model_of(job)) is None:
            return ()
        row = self.catalogue.models[model]
        return row.architecture, row.task

    def files(self, *columns: str) -> Callable[[Trains], dict[str, str]]:
        """Input: files that these cells of a job's training name, and those of its network."""

        def files(job: Trains) -> dict[str, str]:
            row, model = self.of(job), self.model_of(job)
            assert model is not None
            named = {name: getattr(row, name) for name in columns}
            named |= {"hyperparameters": self.catalogue.models[model].hyperparameters}
            return self.catalogue.given_files(named)

        return files

    def texts(self, job: Trains) -> dict[str, list[str]]:
        """Input: tables of transcripts that a language model learns from, and is tried on."""
        row = self.of(job)
        return {
            column: [transcripts_table(name) for name in row.sets(column)]
            for column in ("train", "validation")
        }

    def facts(self, job: Trains) -> dict[str, Any]:
        """Params: what weights say of the training that made them."""
        model = self.model_of(job)
        assert model is not None
        wildcards = ("model", "training", "fold")
        return {
            **{name: getattr(job, name) for name in wildcards if hasattr(job, name)},
            "architecture": self.catalogue.models[model].architecture,
            "training": self.of(job).training,
        }

    def where(self, row: Training) -> str:
        """A training, for messages."""
        return f"{self.rows.path}: training {row.training}"

    def recipe_path(self, row: Training) -> Path:
        """The training configuration, which may be still to be downloaded."""
        return Path(self.catalogue.located(row.recipe))

    def _check_data(self, row: Training, task: str) -> None:
        """Refuse a training whose data cannot choose its weights."""
        located = self.catalogue.located
        if task in SPLIT_BY_DATA and row.validation:
            raise InputError(
                f"{self.where(row)}: validation is {row.validation}; leave it empty: of "
                f"{row.train}, {SPLIT_BY_DATA[task]} what validates"
            )
        if task not in SPLIT_BY_DATA and not row.validation:
            raise InputError(
                f"{self.where(row)}: validation is empty; name the data that choose the weights"
            )
        if located(row.train) == located(row.validation):
            raise InputError(
                f"{self.where(row)}: train and validation are both {row.train}; give validation "
                "data that share no genome or gene with the training data"
            )

    def _check_recipe(self, row: Training, task: str) -> None:
        """Refuse a recipe that does not fit its training."""
        if not (path := self.recipe_path(row)).exists():
            return
        from seqcast.training.recipe import read_recipe  # brings numpy
        from seqcast.training.task_options import TASK_OPTIONS

        try:
            recipe, options = read_recipe(path, TASK_OPTIONS[task])
        except InputError as error:
            raise InputError(f"{self.where(row)}: {error}") from error
        if getattr(options, "transfer", None) and not row.initial:
            raise InputError(
                f"{self.where(row)}: recipe {row.recipe} fine-tunes, but initial is empty; name "
                "the weights to start from"
            )
        processes = self.catalogue.config["training"]["processes"]
        if task == "coverage" and recipe.batch_size < processes:
            raise InputError(
                f"{self.where(row)}: recipe {row.recipe} has batches of {recipe.batch_size} "
                f"windows for {processes} processes; lower training.processes, or raise batch_size"
            )

    def _check_texts(self, row: Training) -> None:
        """Refuse a language model that learns from what is no mRNA, or from what it is tried on."""
        known = self.catalogue.of_kind("transcripts", "mrna")
        for column in ("train", "validation"):
            self.catalogue.check_names("trainings", row.sets(column), "datasets", known)
        if both := set(row.sets("train")) & set(row.sets("validation")):
            raise InputError(
                f"{self.where(row)}: {min(both)} is in both train and validation; give validation "
                "data that share no gene with the training data"
            )
