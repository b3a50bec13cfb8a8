"""Properties of mRNAs: what is compared on each, and which files that takes."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from seqcast.core.errors import InputError
from seqcast.core.urls import public_url
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.tables import Row, Table
from seqcast.plan.trainings import Trainings
from seqcast.plan.transcripts import KINDS, embeddings_table, transcripts_table
from seqcast.predict.properties import BASELINES

if TYPE_CHECKING:
    from seqcast.datasets.properties.labelled import Property

RESULTS = ("tsv", "parts.tsv")
DEFINING = ("labels", "kind", "split", "groups")  # what says how rows are labelled and split
TOLD = ("meaning", "protocol", "citation", "dataset")  # on the page


@dataclass(frozen=True, kw_only=True)
class PropertyRow(Row):
    """Labels of mRNAs that methods predict."""

    KEY = ("property",)
    property: str
    dataset: str
    labels: str
    kind: str
    split: str
    groups: str = ""
    published: str | None = None
    meaning: str = ""
    protocol: str = ""
    citation: str = ""

    def definition(self) -> tuple[str, dict[str, str]]:
        """Name and cells of `datasets.properties.labelled.Property.from_row`."""
        return self.property, {name: getattr(self, name) for name in DEFINING}


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
        named = [row.dataset for row in self.rows.values()]
        self.catalogue.datasets.check_names(named, self.rows.path)
        for row in self.rows.values():
            self._check_dataset(row)
        if taken := [model for model in self.catalogue.models if model in BASELINES]:
            raise InputError(
                f"{self.catalogue.models.path}: {taken[0]} is the name of a baseline; rename the "
                "model"
            )
        for model in self.learned:
            self._check_folds(model)

    @cached_property
    def rows(self) -> Table[PropertyRow]:
        """Rows of the table by property."""
        return self.catalogue.rows("properties", PropertyRow)

    @cached_property
    def definitions(self) -> dict[str, "Property"]:
        """How each property is labelled and split."""
        return {name: self._defined(row) for name, row in self.rows.items()}

    @cached_property
    def learned(self) -> dict[str, str]:
        """Fine-tuned model to the property that its folds learn."""
        return {model: self._learned(model) for model in self.catalogue.of_task("property")}

    @property
    def targets(self) -> list[str]:
        """Results and figures of all properties, and their page."""
        results = [f"results/properties/{name}.{file}" for name in self.rows for file in RESULTS]
        figures = [f"results/report/{name}.properties.png" for name in self.rows]
        return [*results, *figures, *["results/report/properties.html"] * bool(self.rows)]

    @property
    def baselines(self) -> list[str]:
        """Methods that need no model."""
        return list(BASELINES)

    @property
    def metrics(self) -> list[str]:
        """Tables of metrics of all properties."""
        return [f"results/properties/{name}.tsv" for name in self.rows]

    @property
    def parts(self) -> list[str]:
        """Tables of the sizes of parts of all properties."""
        return [f"results/properties/{name}.parts.tsv" for name in self.rows]

    @property
    def described(self) -> list[tuple[str, dict[str, str]]]:
        """Definition of each property."""
        return [row.definition() for row in self.rows.values()]

    @property
    def about(self) -> list[dict[str, str]]:
        """What the page tells of each property: its row, and the terms of its file if a source."""
        return [
            {name: getattr(row, name) for name in TOLD} | self._terms(row)
            for row in self.rows.values()
        ]

    def _terms(self, row: PropertyRow) -> dict[str, str]:
        dataset = self.catalogue.datasets[row.dataset]
        files = [name for name in (dataset.labels, dataset.path) if name]
        named = [name for name in files if name in self.catalogue.sources]
        if not named:
            return {"licence": "", "url": ""}
        source = self.catalogue.sources[named[0]]
        return {"licence": source.licence, "url": public_url(source.url)}

    def files(self, job: Any) -> dict[str, str]:
        """`labelled_files` of the job's property."""
        return self.labelled_files(job.property)

    def definition(self, job: Any) -> tuple[str, dict[str, str]]:
        """The job's property: its name, and its cells of labels, kind and split."""
        return self.rows[job.property].definition()

    def learned_files(self, job: Any) -> dict[str, str]:
        """`labelled_files` of the property that the job's model learns."""
        return self.labelled_files(self.learned[job.model])

    def learned_definition(self, job: Any) -> tuple[str, dict[str, str]]:
        """`definition` of the property that the job's model learns."""
        return self.rows[self.learned[job.model]].definition()

    def labelled_files(self, name: str) -> dict[str, str]:
        """Transcripts with the labels of a property, and their clusters where folds need them."""
        dataset, identity = self.rows[name].dataset, self.definitions[name].split.identity
        files = {"transcripts": transcripts_table(dataset)}
        if identity is not None:
            files["clusters"] = f"results/transcripts/{dataset}.clusters{identity}.tsv"
        return files

    def probed(self, job: Any) -> dict[str, str]:
        """What a probe of one fold reads."""
        dataset = self.rows[job.property].dataset
        embeddings = embeddings_table(job.model, dataset, job.fold)
        return {**self.labelled_files(job.property), "embeddings": embeddings}

    def methods(self, job: Any) -> list[str]:
        """All that predicts a property: baselines, probes of embeddings, fine-tuned models."""
        probes = [
            f"{model}.fold{fold}.probe"
            for model in self.catalogue.of_task("embedding")
            for fold in self.catalogue.folds_of(model)
        ]
        tuned = [model for model, name in self.learned.items() if name == job.property]
        return [*BASELINES, *probes, *tuned]

    def predictions(self, job: Any) -> list[str]:
        """What each of the `methods` predicts."""
        folder = f"results/properties/{job.property}"
        return [f"{folder}/{method}.parquet" for method in self.methods(job)]

    def published(self, job: Any) -> str | list[str]:
        """The table of results published for a property, none if there is none."""
        return self.catalogue.given_if_named(self.rows[job.property].published)

    def _defined(self, row: PropertyRow) -> "Property":
        from seqcast.datasets.properties.labelled import Property  # brings polars

        try:
            return Property.from_row(*row.definition())
        except InputError as error:
            raise InputError(f"{self.rows.path}: {error}") from error

    def _check_dataset(self, row: PropertyRow) -> None:
        """Refuse a property of what is no mRNA, or whose cells define none."""
        if (kind := self.catalogue.datasets[row.dataset].kind) not in KINDS:
            raise InputError(
                f"{self.rows.path}: property {row.property}: dataset {row.dataset} is of kind "
                f"{kind}; expected {' or '.join(KINDS)}"
            )
        _ = self.definitions[row.property]

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
