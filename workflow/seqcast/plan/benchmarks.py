"""The table of benchmarks of all tasks: a row names data and how numbers are computed on them."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.rows import Model
from seqcast.plan.tables import Row, Table


@dataclass(frozen=True, kw_only=True)
class Benchmark(Row):
    """Labelled data on which the models of a task are compared; other tasks' columns are empty."""

    KEY = ("benchmark",)
    benchmark: str
    task: str
    datasets: str
    protocol: str
    truth: str = ""
    split: str = ""
    groups: str = ""
    score: str = ""
    tracks: str = ""
    genes: str = ""
    strata: str = ""
    saluki: str = ""
    conservation: str = ""
    score_tables: str = ""
    published: str | None = None
    description: str = ""
    meaning: str = ""
    citation: str = ""

    @property
    def sets(self) -> list[str]:
        """Names between the commas of the column ``datasets``."""
        return [name.strip() for name in self.datasets.split(",")]


# Task to the section of the config that says how often its data are resampled.
RESAMPLED_BY = {
    "variants": "variant_benchmarks", "reads": "read_benchmark", "property": "properties",
    "oligos": "oligos",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class BenchmarkSummary:
    """The page of the benchmarks of all tasks, and what its job takes."""

    catalogue: Catalogue

    @property
    def rows(self) -> Table[Benchmark]:
        """Benchmarks of all tasks by name."""
        return self.catalogue.rows("benchmarks", Benchmark)

    @property
    def results(self) -> list[str]:
        """Tables of results of all benchmarks."""
        return [f"results/benchmarks/{name}.tsv" for name in self.rows]

    @property
    def figures(self) -> list[str]:
        """A figure of each."""
        return [f"results/report/benchmarks/{name}.svg" for name in self.rows]

    @property
    def targets(self) -> list[str]:
        """The page, if there is a benchmark."""
        return ["results/report/benchmarks.html"] * bool(self.rows)

    @property
    def about(self) -> list[dict[str, Any]]:
        """What the page tells of each: its row, and how often and by what seed it is resampled."""
        told = []
        for row in self.rows.values():
            section = self.catalogue.config.get(RESAMPLED_BY.get(row.task, ""), {})
            drawn = {key: section.get(key) for key in ("resamples", "seed")}
            if row.task == "reads":  # whose seed is that of the choice of reads
                drawn["seed"] = None
            told.append(asdict(row) | drawn | self._scored(row))
        return told

    def _scored(self, row: Benchmark) -> dict[str, str]:
        """Score and tracks of a benchmark of variants: those of the report, if it names none."""
        if row.task != "variants":
            return {}
        return {key: getattr(row, key) or self.catalogue.config["report"][key]
                for key in ("score", "tracks")}  # fmt: skip


def benchmarks_of(catalogue: Catalogue, task: str, *kinds: str) -> Table[Benchmark]:
    """Benchmarks of a task by name.

    Parameters
    ----------
    catalogue : Catalogue
    task : str
        Of the column ``task``.
    *kinds : str
        Kinds of datasets on which models of the task are evaluated.

    Raises
    ------
    InputError
        If a benchmark of the task names an unknown dataset, one of another kind, or one twice.
    """
    rows = catalogue.rows("benchmarks", Benchmark)
    of_task = {name: row for name, row in rows.items() if row.task == task}
    for row in of_task.values():
        _check_sets(catalogue, row, kinds)
    return Table(rows.path, of_task)


def check_baselines(models: Table[Model], names: Collection[str]) -> None:
    """Refuse a model with the name of a baseline, whose numbers stand next to its own.

    Raises
    ------
    InputError
    """
    if taken := [model for model in models if model in names]:
        raise InputError(f"{models.path}: {taken[0]} is the name of a baseline; rename the model")


def _check_sets(catalogue: Catalogue, row: Benchmark, kinds: tuple[str, ...]) -> None:
    """Refuse a benchmark of what is no dataset of these kinds, or of one twice."""
    path, datasets = catalogue.path_of("benchmarks"), catalogue.datasets
    where = f"{path}: benchmark {row.benchmark}"
    if "" in row.sets:
        raise InputError(f"{where}: a name in datasets is empty; remove a comma")
    datasets.check_names(row.sets, path)
    for name in row.sets:
        if row.sets.count(name) > 1:
            raise InputError(
                f"{where} names dataset {name} more than once; its rows would count as often"
            )
        if (kind := datasets[name].kind) not in kinds:
            raise InputError(
                f"{where}: dataset {name} is of kind {kind}; expected {' or '.join(kinds)}"
            )
