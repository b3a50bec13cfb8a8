"""Properties of mRNAs: what is compared on each, and which files that takes."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seqcast.core.errors import InputError
from seqcast.core.urls import public_url
from seqcast.plan.benchmarks import Benchmark, benchmarks_of, check_baselines
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.tables import Table
from seqcast.plan.trainings import Trainings
from seqcast.plan.transcripts import KINDS, embeddings_table, transcripts_table
from seqcast.plan.wildcards import OfFoldAndProperty, OfModel, OfProperty
from seqcast.predict.properties import BASELINES

if TYPE_CHECKING:
    from seqcast.datasets.properties.labelled import Property

TOLD = ("meaning", "description", "citation")  # on the page


@dataclass(frozen=True, eq=False)
class Properties:
    """Properties of a run, and what the jobs that predict and compare them take.

    Raises
    ------
    InputError
        If a property's dataset has no mRNAs, its labels or split are unfit, a model has the name of
        a baseline or is of task property and not trained here, or its folds learn different
        properties or do not fit the split.
    """

    catalogue: Catalogue
    trainings: Trainings

    def __post_init__(self) -> None:
        _ = self.definitions
        check_baselines(self.catalogue.models, BASELINES)
        for model in self.learned:
            self._check_folds(model)

    @cached_property
    def rows(self) -> Table[Benchmark]:
        """Rows of the table of benchmarks by property; the dataset of each has its labels."""
        rows = benchmarks_of(self.catalogue, "property", *KINDS)
        if several := [name for name, row in rows.items() if len(row.sets) > 1]:
            raise InputError(
                f"{rows.path}: benchmark {several[0]} of task property names "
                f"{len(rows[several[0]].sets)} datasets; expected one, whose file has the labels"
            )
        return rows

    @cached_property
    def definitions(self) -> dict[str, "Property"]:
        """How each property is labelled and split."""
        return {name: self._defined(name) for name in self.rows}

    @cached_property
    def learned(self) -> dict[str, str]:
        """Fine-tuned model to the property that its folds learn."""
        return {model: self._learned(model) for model in self.catalogue.of_task("property")}

    @property
    def targets(self) -> list[str]:
        """Results and figures of all properties, and their page."""
        figures = [f"results/report/{name}.properties.png" for name in self.rows]
        page = ["results/report/properties.html"] * bool(self.rows)
        return [*self.metrics, *self.parts, *figures, *page]

    @property
    def baselines(self) -> list[str]:
        """Methods that need no model."""
        return list(BASELINES)

    @property
    def metrics(self) -> list[str]:
        """Tables of metrics of all properties."""
        return [f"results/benchmarks/{name}.tsv" for name in self.rows]

    @property
    def parts(self) -> list[str]:
        """Tables of the sizes of parts of all properties."""
        return [f"results/benchmarks/{name}.parts.tsv" for name in self.rows]

    @property
    def described(self) -> list[tuple[str, dict[str, str]]]:
        """Definition of each property."""
        return [self._definition(name) for name in self.rows]

    @property
    def about(self) -> list[dict[str, str]]:
        """What the page tells of each property: its row, and the terms of its file if a source."""
        return [
            {name: getattr(row, name) for name in TOLD} | {"dataset": row.sets[0]}
            | self._terms(row.sets[0])
            for row in self.rows.values()
        ]  # fmt: skip

    def _terms(self, name: str) -> dict[str, str]:
        dataset = self.catalogue.datasets[name]
        files = [name for name in (dataset.labels, dataset.path) if name]
        named = [name for name in files if name in self.catalogue.sources]
        if not named:
            return {"licence": "", "url": ""}
        source = self.catalogue.sources[named[0]]
        return {"licence": source.licence, "url": public_url(source.url)}

    def files(self, job: OfProperty) -> dict[str, str]:
        """`labelled_files` of the job's property."""
        return self.labelled_files(job.property)

    def definition(self, job: OfProperty) -> tuple[str, dict[str, str]]:
        """The job's property: its name, and its cells of labels, kind and split."""
        return self._definition(job.property)

    def learned_files(self, job: OfModel) -> dict[str, str]:
        """`labelled_files` of the property that the job's model learns."""
        return self.labelled_files(self.learned[job.model])

    def learned_definition(self, job: OfModel) -> tuple[str, dict[str, str]]:
        """`definition` of the property that the job's model learns."""
        return self._definition(self.learned[job.model])

    def labelled_files(self, name: str) -> dict[str, str]:
        """Transcripts with the labels of a property, and their clusters where folds need them."""
        dataset, identity = self.rows[name].sets[0], self.definitions[name].split.identity
        files = {"transcripts": transcripts_table(dataset)}
        if identity is not None:
            files["clusters"] = f"results/transcripts/{dataset}.clusters{identity}.tsv"
        return files

    def probed(self, job: OfFoldAndProperty) -> dict[str, str]:
        """What a probe of one fold reads."""
        dataset = self.rows[job.property].sets[0]
        embeddings = embeddings_table(job.model, dataset, job.fold)
        return {**self.labelled_files(job.property), "embeddings": embeddings}

    def methods(self, job: OfProperty) -> list[str]:
        """All that predicts a property: baselines, probes of embeddings, fine-tuned models."""
        probes = [
            f"{model}.fold{fold}.probe"
            for model in self.catalogue.of_task("embedding")
            for fold in self.catalogue.folds_of(model)
        ]
        tuned = [model for model, name in self.learned.items() if name == job.property]
        return [*BASELINES, *probes, *tuned]

    def predictions(self, job: OfProperty) -> list[str]:
        """What each of the `methods` predicts."""
        folder = f"results/properties/{job.property}"
        return [f"{folder}/{method}.parquet" for method in self.methods(job)]

    def published(self, job: OfProperty) -> str | list[str]:
        """The table of results published for a property, none if there is none."""
        return self.catalogue.given_if_named(self.rows[job.property].published)

    def _definition(self, name: str) -> tuple[str, dict[str, str]]:
        """Arguments of `datasets.properties.labelled.Property.from_row`."""
        row = self.rows[name]
        cells = {"labels": row.truth, "kind": row.protocol, "split": row.split}
        return name, {**cells, "groups": row.groups}

    def _defined(self, name: str) -> "Property":
        from seqcast.datasets.properties.labelled import Property  # brings polars

        try:
            return Property.from_row(*self._definition(name))
        except InputError as error:
            raise InputError(f"{self.rows.path}: {error}") from error

    def _learned(self, model: str) -> str:
        """The property that all folds of a model learn."""
        table = self.catalogue.folds
        folds = [table[model, fold] for fold in self.catalogue.folds_of(model)]
        for row in folds:
            if row.origin != "train":
                raise InputError(
                    f"{table.path}: fold {row.fold} of model {model} has origin {row.origin}; "
                    "models of task property have origin train: their training says which "
                    "property they learn. Weights that exist predict from Python, by load_model"
                )
        found = [self.trainings.rows[row.source].train for row in folds]
        self.rows.check_names(found, self.trainings.rows.path)
        if others := [name for name in found if name != found[0]]:
            raise InputError(
                f"{table.path}: folds of model {model} learn {found[0]} and {others[0]}; make a "
                "model of each property"
            )
        return found[0]

    def _check_folds(self, model: str) -> None:
        """Refuse a model whose folds are not those of the split of its property."""
        name = self.learned[model]
        rounds = self.definitions[name].split.folds
        for fold in self.catalogue.folds_of(model):
            if not fold.isdecimal() or (rounds and int(fold) >= rounds):
                expected = f"folds 0 to {rounds - 1}" if rounds else "whole numbers"
                raise InputError(
                    f"{self.catalogue.folds.path}: model {model} has a fold {fold!r}, but its "
                    f"property {name} has split {self.rows[name].split}; expected {expected}"
                )
