"""Which coverage models are evaluated on which training datasets."""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, ClassVar

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.coverage_sets import CoverageSets
from seqcast.plan.coverage_trainings import CoverageTrainings
from seqcast.plan.tracks import check_pattern
from seqcast.plan.wildcards import (
    OfCoverageSet,
    OfFold,
    OfFoldAndCoverageSet,
    OfModelAndCoverageSet,
)

SUFFIXES = {
    "tracks": "tracks.tsv",
    "genes": "genes.tsv",
    "gene_preds": "gene_preds.parquet",
    "gene_targets": "gene_targets.parquet",
    "decay_metrics": "decay_metrics.tsv",
}


@dataclass(frozen=True, eq=False)
class CoverageAccuracy:
    """Evaluation of coverage models."""

    tables: ClassVar = "results/coverage_accuracy/{model}/{coverage_set}.fold{fold}"
    figures: ClassVar = "results/report/{model}/{coverage_set}.fold{fold}"
    catalogue: Catalogue
    sets: CoverageSets
    trainings: CoverageTrainings

    def __post_init__(self) -> None:
        models = self.catalogue.of_task("coverage")
        for key in ("decay_courses", "half_lives", "compared"):
            self.check_names(key, self._options[key], self.sets.rows)
        self.check_names("compared", chain(*self._options["compared"].values()), models)
        if self.half_lives and not self._options["half_life_features"]:
            raise InputError(
                "config: coverage_accuracy.half_lives names tables, but half_life_features none; "
                "give the table of features that half-lives are predicted from"
            )
        for name, pattern in self.decay_courses.items():
            table = self.catalogue.located(self.sets.rows[name].path)
            check_pattern(f"config: coverage_accuracy.decay_courses.{name}", pattern, table)
        _ = self.tested

    @property
    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = self.catalogue.config["coverage_accuracy"]
        return options

    @property
    def decay_courses(self) -> dict[str, str]:
        """Training dataset to the pattern of the tracks of its time course."""
        return dict(self._options["decay_courses"])

    @property
    def half_lives(self) -> dict[str, str]:
        """Training dataset to its table of measured half-lives."""
        return dict(self._options["half_lives"])

    @cached_property
    def tested(self) -> dict[str, list[tuple[str, str]]]:
        """Training dataset to the models and folds that are evaluated on it."""
        found: dict[str, list[tuple[str, str]]] = {
            name: [] for name in self.sets.rows if self.sets.is_tested(name)
        }
        for model, fold in self.trainings.trained:
            if (learned := self.trainings.dataset_of(model, fold)) in found:
                found[learned].append((model, fold))
        for name, models in self._options["compared"].items():
            if name not in found:
                raise InputError(
                    f"config: coverage_accuracy.compared names {name}, whose windows have no part "
                    "test; give its settings folds, or contigs as fixed test"
                )
            pairs = [(model, fold) for model in models for fold in self.catalogue.folds_of(model)]
            found[name] += [pair for pair in pairs if pair not in found[name]]
        return found

    @property
    def compared(self) -> list[str]:
        """Training datasets with something to compare."""
        return [name for name, pairs in self.tested.items() if pairs]

    @property
    def targets(self) -> list[str]:
        """Files that a run makes of its evaluations of coverage."""
        made = [
            path.format(model=model, coverage_set=name, fold=fold)
            for name, pairs in self.tested.items()
            for model, fold in pairs
            for path in [f"{self.tables}.half_lives.tsv", f"{self.figures}.genes.png"]
            + [f"{self.figures}.decays.png"] * (name in self.decay_courses)
        ]
        made += [f"results/report/{name}.accuracy_bins.png" for name in self.compared]
        return made + [
            f"results/coverage_accuracy/{model}/{name}.saluki.tsv"
            for name in self.half_lives
            for model in dict.fromkeys(model for model, _ in self.tested.get(name, []))
        ]

    @classmethod
    def files(cls, *kinds: str) -> dict[str, str]:
        """Path patterns of the tables of one evaluated fold, by kind."""
        return {kind: f"{cls.tables}.{SUFFIXES[kind]}" for kind in kinds}

    def learned(self, job: OfFold) -> dict[str, list[str]]:
        """Input: stores of the datasets that a fold learned from, none where that was elsewhere."""
        stores = self.sets.stores(self.trainings.seen_by(job.model, job.fold))
        return {"learned": stores["stores"], "digests": stores["digests"]}

    def tracks(self, job: OfCoverageSet) -> list[str]:
        """Input: tables of tracks of all that is evaluated on a dataset."""
        path = self.files("tracks")["tracks"]
        name = job.coverage_set
        return [
            path.format(model=model, coverage_set=name, fold=fold)
            for model, fold in self.tested.get(name, [])
        ]

    def names(self, job: OfCoverageSet) -> list[str]:
        """Params: what figures call those."""
        return [f"{model} fold {fold}" for model, fold in self.tested.get(job.coverage_set, [])]

    def folds(self, job: OfModelAndCoverageSet) -> list[str]:
        """Params: folds of a model that are evaluated on a dataset: those planned, or else all."""
        planned = self.tested.get(job.coverage_set, [])
        folds = [fold for model, fold in planned if model == job.model]
        return folds or self.catalogue.folds_of(job.model)

    def half_life_files(self, job: OfModelAndCoverageSet) -> dict[str, Any]:
        """Input: predicted genes of a model's folds, and what their half-lives are."""
        names = {"model": job.model, "coverage_set": job.coverage_set}
        paths = self.files("gene_preds", "genes", "tracks").items()
        return {
            **{k: [path.format(fold=f, **names) for f in self.folds(job)] for k, path in paths},
            "half_lives": self.catalogue.given(self.half_lives[job.coverage_set]),
            "features": self.catalogue.given(self._options["half_life_features"]),
        }

    def decay_course(self, job: OfCoverageSet) -> str:
        """Params: the pattern of the tracks of a dataset's time course."""
        return self.decay_courses[job.coverage_set]

    @property
    def prediction_options(self) -> dict[str, Any]:
        """Params: what decides the coverage that a model predicts, and how it is summed."""
        return self.catalogue.part(
            "coverage_accuracy", "compat", "reverse_complement", "shifts_bp", "span", "unclip"
        )

    @property
    def decay_options(self) -> dict[str, Any]:
        """Params: what decides fits of decay."""
        keys = ("compat", "decay_shape", "decay_reference", "decay_half_life_h")
        return self.catalogue.part("coverage_accuracy", *keys)

    @property
    def half_life_options(self) -> dict[str, Any]:
        """Params: what decides predictions of half-lives."""
        return self.catalogue.part("coverage_accuracy", "compat", "half_life_columns")

    def facts(self, job: OfFoldAndCoverageSet) -> dict[str, Any]:
        """Params: what tables of accuracy say of the model that made them."""
        facts = self.catalogue.facts(job)
        return {
            **{name: facts[name] for name in ("model", "fold")},
            "coverage_set": job.coverage_set,
            **{name: facts[name] for name in ("architecture", "origin")},
        }

    def check_names(self, key: str, found: Any, known: Any) -> None:
        """Stop if a key of the config names what is not known.

        Parameters
        ----------
        key : str
            Of the section coverage_accuracy.
        found, known : iterable of str

        Raises
        ------
        InputError
            With the first of `found` that is none of `known`.
        """
        if missing := [name for name in found if name not in known]:
            raise InputError(
                f"config: coverage_accuracy.{key} names {missing[0]!r}; expected one of "
                f"{', '.join(known) or 'none'}"
            )
