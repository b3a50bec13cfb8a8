"""Benchmarks of coverage models, and what their jobs take."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from seqcast.core.errors import InputError
from seqcast.plan.benchmarks import Benchmark, benchmarks_of, check_baselines
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.coverage_accuracy import CoverageAccuracy
from seqcast.plan.coverage_sets import COVERAGE
from seqcast.plan.rows import genes_of, genome_of
from seqcast.plan.tables import Table
from seqcast.plan.tracks import check_pattern
from seqcast.plan.wildcards import OfBenchmark, OfCoverageSet

RESULTS = ("tsv", "rows.tsv")
BASELINES = ("length", "length_gc", "measured", "other_rbps")  # methods of `evaluation.coverage`
# What `evaluate_coverage` writes and each protocol reads, one file per model and fold.
READ = {
    "panels": ("tracks",),
    "clip": ("tracks", "gene_preds", "gene_targets"),
    "expression_course": ("tracks", "genes", "gene_preds", "gene_targets"),
    "half_life": (),
}
# Keys of the section coverage_accuracy that a protocol needs for its dataset.
NEEDED = {
    "panels": (),
    "clip": (),
    "expression_course": ("decay_courses", "steady_states"),
    "half_life": ("half_lives",),
}


@dataclass(frozen=True, eq=False)
class CoverageBenchmarks:
    """Benchmarks of coverage models.

    Raises
    ------
    InputError
        If a benchmark names several datasets or one that no model is evaluated on, or the config
        lacks what its protocol needs; or if a model has the name of a baseline.
    """

    collected: ClassVar = f"{CoverageAccuracy.tables}.peaks.parquet"
    catalogue: Catalogue
    accuracy: CoverageAccuracy

    def __post_init__(self) -> None:
        check_baselines(self.catalogue.models, BASELINES if self.rows else ())
        for key in ("steady_states", "clip_peaks", "clip_depths"):
            self.accuracy.check_names(key, self._config[key], self.accuracy.sets.rows)
        for name, pattern in self._config["steady_states"].items():
            table = self.catalogue.located(self.accuracy.sets.rows[name].path)
            check_pattern(f"config: coverage_accuracy.steady_states.{name}", pattern, table)
        for name, row in self.rows.items():
            where = f"{self.rows.path}: benchmark {name}"
            if len(row.sets) > 1:
                raise InputError(
                    f"{where} names {len(row.sets)} datasets; expected one, as tracks of several "
                    "are not those of one table of targets. Give each a benchmark of its own"
                )
            if not self._tested(name):
                raise InputError(
                    f"{where}: no model is evaluated on {row.datasets}; expected one or more. Name "
                    "models in coverage_accuracy.compared of the config, or train some on it"
                )
            for key in NEEDED[row.protocol]:
                if row.datasets not in self._config[key]:
                    raise InputError(
                        f"{where}: protocol {row.protocol} needs coverage_accuracy.{key} of "
                        f"{row.datasets}, which the config does not name; add it"
                    )

    @property
    def _config(self) -> dict[str, Any]:
        section: dict[str, Any] = self.catalogue.config["coverage_accuracy"]
        return section

    @cached_property
    def rows(self) -> Table[Benchmark]:
        """Benchmarks of coverage by name."""
        return benchmarks_of(self.catalogue, "coverage", COVERAGE)

    @property
    def with_peaks(self) -> list[str]:
        """Training datasets with peaks of CLIP."""
        return list(self._config["clip_peaks"])

    @property
    def targets(self) -> list[str]:
        """Results of all benchmarks."""
        return [f"results/benchmarks/{name}.{kind}" for name in self.rows for kind in RESULTS]

    def _tested(self, benchmark: str) -> list[tuple[str, str]]:
        return self.accuracy.tested.get(self.rows[benchmark].datasets, [])

    def peaks(self, job: OfCoverageSet) -> str:
        """Input: peaks of CLIP for a training dataset."""
        return self.catalogue.given(self._config["clip_peaks"][job.coverage_set])

    def files(self, job: OfBenchmark) -> dict[str, Any]:
        """Input: what the protocol of a benchmark reads."""
        row, tested = self.rows[job.benchmark], self._tested(job.benchmark)
        name, given = row.datasets, self.catalogue.given

        def of_folds(path: str) -> list[str]:
            return [path.format(model=m, fold=f, coverage_set=name) for m, f in tested]

        paths = CoverageAccuracy.files(*READ[row.protocol])
        files: dict[str, Any] = {kind: of_folds(path) for kind, path in paths.items()}
        if row.protocol == "panels":
            files["half_lives"] = of_folds(f"{CoverageAccuracy.tables}.half_lives.tsv")
            files["panels"] = given(self._config["panels"])
        elif row.protocol == "half_life":
            models = dict.fromkeys(model for model, _ in tested)
            start = [f"results/coverage_accuracy/{model}/{name}.saluki" for model in models]
            files["metrics"] = [f"{path}_metrics.tsv" for path in start]
            files["predictions"] = [f"{path}.tsv" for path in start]
        else:
            files["targets"] = given(self.accuracy.sets.rows[name].path)
        if row.protocol == "expression_course":
            assembly = self.accuracy.sets.rows[name].assembly
            files |= {**genome_of(assembly), "annotation": genes_of(assembly)}
        if row.protocol == "clip" and name in self.with_peaks:
            files["peaks"] = of_folds(self.collected)
        optional = {"clip": ("depths", "clip_depths"), "expression_course": ("half_lives",) * 2}
        if row.protocol in optional:
            field, key = optional[row.protocol]
            files[field] = [given(self._config[key][name])] if name in self._config[key] else []
        return files

    def published(self, job: OfBenchmark) -> str | list[str]:
        """Input: the table of numbers published for a benchmark, none if there is none."""
        return self.catalogue.given_if_named(self.rows[job.benchmark].published)

    def folds(self, job: OfBenchmark) -> list[tuple[str, str]]:
        """Params: model and fold of each evaluation."""
        return self._tested(job.benchmark)

    def origins(self, job: OfBenchmark) -> dict[str, list[str]]:
        """Params: model to the origins of the weights of its folds."""
        found: dict[str, dict[str, None]] = {}
        for model, fold in self._tested(job.benchmark):
            found.setdefault(model, {})[self.catalogue.folds[model, fold].origin] = None
        return {model: list(origins) for model, origins in found.items()}

    def options(self, job: OfBenchmark) -> dict[str, Any]:
        """Params: what decides the numbers of a benchmark."""
        row = self.rows[job.benchmark]
        options = {"compat": self._config["compat"]}
        if row.protocol == "expression_course":
            options |= self.accuracy.decay_options | self.accuracy.half_life_options
            options["course"] = self._config["decay_courses"][row.datasets]
            options["steady_state"] = self._config["steady_states"][row.datasets]
        return options
