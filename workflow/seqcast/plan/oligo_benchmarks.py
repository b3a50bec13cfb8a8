"""Benchmarks of reporter assays: measured effects next to those that coverage models predict."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.benchmarks import Benchmark, benchmarks_of, check_baselines
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.coverage_accuracy import CoverageAccuracy
from seqcast.plan.oligos import KIND, Oligos, oligo_table
from seqcast.plan.tables import Table
from seqcast.plan.variant_effects import tracks_table
from seqcast.plan.wildcards import OfBenchmark

BASELINES = ("saluki", "gc")  # of `evaluation.oligos.evaluate_mpra`


@dataclass(frozen=True, eq=False)
class OligoBenchmarks:
    """Benchmarks of oligos, and what the jobs that evaluate them take.

    Raises
    ------
    InputError
        If a benchmark names datasets that are not pairs, the config no groups of tracks, or a model
        has the name of a baseline.
    """

    catalogue: Catalogue
    oligos: Oligos
    accuracy: CoverageAccuracy

    def __post_init__(self) -> None:
        check_baselines(self.catalogue.models, BASELINES if self.rows else ())
        for row in self.rows.values():
            where = f"{self.rows.path}: benchmark {row.benchmark}"
            if len(row.sets) % 2:
                raise InputError(
                    f"{where} has {len(row.sets)} datasets; expected pairs: a dataset of reference "
                    "oligos, then that of the alternative ones"
                )
            if not self._options["track_groups"]:
                raise InputError(
                    f"{where} needs groups of tracks; give their table in the config, key "
                    "oligos.track_groups: resources/panels/borzuki_features.tsv, as published"
                )

    @property
    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = self.catalogue.config["oligos"]
        return options

    @cached_property
    def rows(self) -> Table[Benchmark]:
        """Benchmarks of oligos by name."""
        return benchmarks_of(self.catalogue, KIND, KIND)

    @property
    def models(self) -> list[str]:
        """Models that are evaluated."""
        return self.catalogue.of_task("coverage")

    @property
    def targets(self) -> list[str]:
        """Tables of results, if there is a model."""
        return [f"results/benchmarks/{name}.tsv" for name in self.rows if self.models]

    def files(self, job: OfBenchmark) -> dict[str, Any]:
        """Input: measurements, contexts per dataset, and scores per model, dataset and fold."""
        row, given = self.rows[job.benchmark], self.catalogue.given
        return {
            "measured": given(row.truth),
            "features": given(self._options["track_groups"]),
            "contexts": [given(self.oligos.rows[name].contexts) for name in row.sets],
            "scores": [
                oligo_table(model, name, f"fold{fold}")
                for model in self.models
                for name in row.sets
                for fold in self.catalogue.folds_of(model)
            ],
            "tracks": [tracks_table(model) for model in self.models],
            "half_lives": [
                f"results/coverage_accuracy/{model}/{name}.half_life_models.tsv"
                for model, name in self.half_lives.items()
            ],
            **self.catalogue.given_files(
                {"saluki": self._options["saluki"], "published": row.published}
            ),
        }

    @property
    def half_lives(self) -> dict[str, str]:
        """Params: models that half-lives of genes were predicted by, and on which dataset first."""
        tested = {name: self.accuracy.tested.get(name, []) for name in self.accuracy.half_lives}
        return {
            model: next(name for name, pairs in tested.items() if model in dict(pairs))
            for model in self.models
            if any(model in dict(pairs) for pairs in tested.values())
        }

    @property
    def folds(self) -> dict[str, int]:
        """Params: models, and how many folds each has."""
        return {model: len(self.catalogue.folds_of(model)) for model in self.models}

    @property
    def options(self) -> dict[str, Any]:
        """Params: what decides the numbers."""
        wanted = self.catalogue.part("oligos", "compat", "resamples", "seed")
        return wanted | self.catalogue.part("report", "score")
