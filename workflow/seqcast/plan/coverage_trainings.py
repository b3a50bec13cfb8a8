"""Trainings of coverage models: which head learns which training dataset, and who takes it."""

import re
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.fold_names import fold_numbers
from seqcast.models.architectures import CoverageShape, coverage_shape
from seqcast.models.settings import read_settings
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.coverage_sets import CoverageSets
from seqcast.plan.tracks import check_outputs, known_tracks
from seqcast.plan.trainings import Training, Trainings
from seqcast.plan.wildcards import OfFold, Trains

WEIGHTS = re.compile(r"results/training/(.+)\.fold([^.]+)(\.head)?\.safetensors")


@dataclass(frozen=True, eq=False)
class CoverageTrainings:
    """Trainings of coverage models: each of one dataset, or of several with a head each."""

    catalogue: Catalogue
    trainings: Trainings
    sets: CoverageSets

    def __post_init__(self) -> None:
        for model, shape in self.shapes.items():
            self._check_head(model, shape)
            self._check_tracks(model, shape)
        for (model, _), name in self.trained.items():
            self._check_heads(model, name)
        for name in self.heads:
            self._check_track_weights(self.trainings.rows[name])
        self._check_folds()
        self._check_shared()

    @cached_property
    def trained(self) -> dict[tuple[str, str], str]:
        """Coverage model and fold to its training."""
        models = set(self.catalogue.of_task("coverage"))
        return {key: name for key, name in self.trainings.trained.items() if key[0] in models}

    @cached_property
    def shapes(self) -> dict[str, CoverageShape]:
        """Coverage models to their shape, without those whose file is still to be downloaded."""
        found = {}
        for model in self.catalogue.of_task("coverage"):
            row = self.catalogue.models[model]
            path = Path(self.catalogue.located(row.hyperparameters))
            if path.exists():
                parse = partial(coverage_shape, row.architecture)
                try:
                    found[model] = read_settings(path, "hyperparameters", parse)
                except InputError as error:
                    raise InputError(
                        f"{self.catalogue.models.path} ({model}), column hyperparameters: {error}"
                    ) from error
        return found

    @cached_property
    def heads(self) -> dict[str, dict[str, str]]:
        """Training to head to the dataset it learns; "" is the only head, which none names."""
        return {name: self._heads_of(self.trainings.rows[name]) for name in self.trained.values()}

    @cached_property
    def shared(self) -> list[str]:
        """Trainings of several heads, which no model owns: a model can be added without another."""
        return [name for name, heads in self.heads.items() if len(heads) > 1]

    @cached_property
    def takers(self) -> list[str]:
        """Models that take their head of a shared training."""
        found = (key[0] for key in self.trained if self.trainings.is_shared(*key))
        return list(dict.fromkeys(found))

    def dataset_of(self, model: str, fold: str) -> str:
        """The training dataset that a fold learns."""
        heads = self.heads[self.trained[model, fold]]
        return heads.get("") or heads[self.catalogue.models[model].head]

    def seen_by(self, model: str, fold: str) -> list[str]:
        """Datasets that a fold learned from, those of the weights it started from included."""
        if (name := self.trained.get((model, fold))) is None:
            return []
        first = self._starts_from(self.trainings.rows[name])
        return sorted({*self.heads[name].values(), *(self.seen_by(*first) if first else [])})

    def files(self, job: Trains) -> dict[str, Any]:
        """Input: stores that a training learns from, one per head, and tables of their tracks."""
        training = self.trainings.of(job).training
        if isinstance(job, OfFold) and training in self.shared:
            raise self.catalogue.error(
                f"{job.model}, fold {job.fold} is of training {training}, which several models "
                f"share; its weights are {self.trainings.weights(job)}: ask for that file"
            )
        names = list(self.heads[training].values())
        tables = [self.catalogue.given(self.sets.rows[name].path) for name in names]
        files: dict[str, Any] = {**self.sets.stores(names), "targets": tables}
        if isinstance(job, OfFold):  # a training of several heads is no model's
            files["outputs"] = f"results/training/{job.model}.fold{job.fold}.outputs.tsv"
        return files

    def tables(self, job: OfFold) -> dict[str, list[str]]:
        """Input: targets tables of the dataset that a fold learns, and of its model."""
        learned = self.sets.rows[self.dataset_of(job.model, job.fold)].path
        own = self.catalogue.models[job.model].tracks
        return {"targets": [self.catalogue.given(value) for value in (learned, own)]}

    def shared_heads(self, job: OfFold) -> dict[str, str]:
        """Input: the heads of the training that a fold takes its own from, and their history."""
        path = f"results/training/{self.trained[job.model, job.fold]}.fold{job.fold}.heads"
        return {"heads": path, "history": f"{path}.history.tsv"}

    def facts(self, job: Trains) -> dict[str, Any]:
        """Params: what weights of a coverage model say of their training."""
        head = ",".join(self.heads[self.trainings.of(job).training])
        if isinstance(job, OfFold):
            head = head or self.catalogue.models[job.model].head
        return {**self.trainings.facts(job), "head": head}

    def track_weights(self, job: Trains) -> list[list[float]]:
        """Params: weights of tracks in the loss, the only number that descriptions decide."""
        from seqcast.training.task_options import weights_of_tracks

        found = []
        patterns, tables = self._weighted(self.trainings.of(job))
        for tracks in tables if patterns else []:
            if tracks:
                weights = weights_of_tracks(patterns, tracks.description.tolist())
                assert weights is not None
                found.append(weights.tolist())
        return found

    def _weighted(self, row: Training) -> tuple[Any, list[Any]]:
        """Patterns of weights in a recipe, and the tracks of each head; None where not known."""
        from seqcast.training.recipe import read_recipe
        from seqcast.training.task_options import CoverageOptions

        path = self.trainings.recipe_path(row)
        patterns = read_recipe(path, CoverageOptions)[1].track_weights if path.exists() else None
        names = self.heads[row.training].values()
        located = [self.catalogue.located(self.sets.rows[name].path) for name in names]
        return patterns, list(map(known_tracks, located))

    def _heads_of(self, row: Training) -> dict[str, str]:
        cells = [name.rpartition("=") for name in row.sets("train")]
        heads = {head.strip(): name.strip() for head, _, name in cells}
        if len(heads) < len(cells) or (len(cells) > 1 and "" in heads):
            raise InputError(
                f"{self.trainings.where(row)}: train is {row.train}; several sets each name a head "
                "of their own, such as human=hela,mouse=brain"
            )
        self.sets.check_names(heads.values(), self.trainings.rows.path)
        return heads

    def _starts_from(self, row: Training) -> tuple[str, str] | None:
        """Model and fold whose weights a training starts from; None if they are from elsewhere."""
        path = WEIGHTS.fullmatch(row.initial)
        return (path[1], path[2]) if path and (path[1], path[2]) in self.trained else None

    def _check_head(self, model: str, shape: CoverageShape) -> None:
        """Refuse a head that the network of a model lacks."""
        row = self.catalogue.models[model]
        if row.head and row.head not in shape.heads:
            raise InputError(
                f"{self.catalogue.models.path}: model {model}: head {row.head} is not in "
                f"{row.hyperparameters}, which has {', '.join(shape.heads)}"
            )

    def _check_tracks(self, model: str, shape: CoverageShape) -> None:
        """Refuse a table of tracks that names outputs which the head of a model lacks."""
        row = self.catalogue.models[model]
        path = self.catalogue.located(row.hyperparameters)
        units = shape.heads.get(row.head, max(shape.heads.values()))
        where = f"{self.catalogue.models.path}: {model}: {path}"
        check_outputs(self.catalogue.located(row.tracks), units, where)

    def _check_heads(self, model: str, training: str) -> None:
        """Refuse heads of a training that its network lacks, or that do not fit what they learn."""
        row, heads, shape = (
            self.catalogue.models[model],
            self.heads[training],
            self.shapes.get(model),
        )
        where = f"{self.catalogue.models.path}: model {model}, training {training}"
        if shape and (lost := [h for h in heads if h and h not in shape.heads]):
            raise InputError(
                f"{where}: head {lost[0]} is not in {row.hyperparameters}, which has "
                f"{', '.join(shape.heads)}; name one of them, or add it there"
            )
        if "" not in heads and row.head not in heads:
            raise InputError(
                f"{self.catalogue.models.path}: head of model {model} is {row.head or 'empty'}; "
                f"expected one that its training {training} has: {', '.join(heads)}"
            )
        for head, name in heads.items() if shape else ():
            assert shape is not None
            self._check_learned(row.hyperparameters, shape, head or row.head, name)

    def _check_learned(
        self, hyperparameters: str, shape: CoverageShape, head: str, name: str
    ) -> None:
        """Refuse a dataset whose tracks or windows do not fit the head that learns them."""
        row, said = self.sets.rows[name], f"{hyperparameters}, which learns it,"
        units = shape.heads[head or next(iter(shape.heads))]
        check_outputs(self.catalogue.located(row.path), units, said, True)
        window_bp = self.sets.settings[name].window_bp
        if window_bp != shape.window_length_bp:
            raise InputError(
                f"{self.sets.rows.path}: window_bp of {name} ({row.settings}) is {window_bp}, but "
                f"seq_length of {said} is {shape.window_length_bp}; give both the same"
            )

    def _check_track_weights(self, row: Training) -> None:
        """Refuse weights for tracks that the datasets of a training lack."""
        from seqcast.training.task_options import check_track_weights

        patterns, tables = self._weighted(row)
        if all(tables):
            try:
                check_track_weights(
                    patterns, [text for tracks in tables for text in tracks.description]
                )
            except InputError as error:
                path = self.trainings.recipe_path(row)
                raise InputError(f"{self.trainings.where(row)}: {path}: {error}") from error

    def _check_folds(self) -> None:
        """Refuse names of folds that do not say which part of the windows is held out."""
        numbered: dict[tuple[str, str, tuple[int, int]], str] = {}
        for (model, fold), training in self.trained.items():
            where = f"{self.catalogue.folds.path}: fold {fold} of model {model}"
            try:
                numbers = fold_numbers(fold)
            except InputError as error:
                raise InputError(f"{where}: {error}") from error
            if (other := numbered.setdefault((model, training, numbers), fold)) != fold:
                raise InputError(
                    f"{where} is the training that fold {other} is; expected one name for each, "
                    "such as f3c0 and f3c1 for two trainings on the same data"
                )
            first = self._starts_from(self.trainings.rows[training])
            if first and fold_numbers(first[1])[0] != numbers[0]:
                raise InputError(
                    f"{where} starts from fold {first[1]} of {first[0]}, which learned from "
                    f"windows that will evaluate it; expected weights of fold {numbers[0]}: give "
                    "each fold a training of its own"
                )

    def _check_shared(self) -> None:
        """Refuse models that cannot share the network of a training, or take one head of it."""
        models = self.catalogue.models
        firsts: dict[str, str] = {}
        takers: dict[tuple[str, str, str], str] = {}
        for (model, fold), training in self.trained.items():
            if training not in self.shared:
                continue
            first, row = firsts.setdefault(training, model), models[model]
            if row.hyperparameters != models[first].hyperparameters:
                raise InputError(
                    f"{models.path}: hyperparameters of {model} are not those of {first}, and both "
                    f"are of training {training}, which trains one network; give {model} the same, "
                    "or a training of its own"
                )
            if (other := takers.setdefault((training, fold, row.head), model)) != model:
                raise InputError(
                    f"{self.catalogue.folds.path}: {other} and {model} both take head {row.head} "
                    f"of training {training}, fold {fold}; they would be the same: remove one"
                )
