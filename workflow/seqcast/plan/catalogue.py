"""What every feature is planned from: config, assemblies, models, folds, sources and datasets."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from seqcast.core.errors import InputError
from seqcast.core.provenance import same_weights
from seqcast.core.urls import public_url, url_digest
from seqcast.models.architectures import check_task
from seqcast.plan.config import complete_config, read_schema
from seqcast.plan.rows import Assembly, Dataset, Fold, Model, Source, genes_of, genome_of
from seqcast.plan.tables import LACKING, Row, Table, cells_of, check_names, read_cells, typed_rows
from seqcast.plan.wildcards import OfAssembly, OfDataset, OfFold, OfModel, OfModelAndDataset, OfPath

R = TypeVar("R", bound=Row)
ANNOTATED = (
    "variants",
    "nulls",
    "regions",
    "oligos",
    "transcripts",
    "coverage",
)  # kinds of datasets that need genes
# Folders whose files come with the workflow, where inputs and outputs lie in a storage.
DEPLOYED = ("config/", "resources/")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Config and tables that all features share, read once and checked; paths of what they name.

    Attributes
    ----------
    config : dict
        Checked, and completed in place by the defaults of its schema.
    schemas : path
        Folder of the schemas of config and tables.
    is_made : callable
        Whether the workflow makes a file; asked when files of a job are, not before.
    deployed : callable, optional
        Given where files lie in a storage, which is not looked into: marks the path of a file that
        does not exist, as it comes with the workflow.
    error : type
        Of what is raised for a file that does not exist, instead of `InputError`: that is found
        when the files of a job are asked for, by which Snakemake may stand.

    Raises
    ------
    InputError
        Naming table, row and column, or the key of the config.
    """

    config: dict[str, Any]
    schemas: Path
    is_made: Callable[[str], bool] = lambda path: False
    deployed: Callable[[str], str] | None = None
    error: type[BaseException] = InputError
    _cells: dict[str, dict[Any, dict[str, Any]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        complete_config(self.config, read_schema(self.schemas / "config.schema.yaml"))
        models = dict.fromkeys(model for model, _ in self.folds)
        self.models.check_names(models, self.folds.path)
        self.check_names("models", self.models, "folds", models)
        self.assemblies.check_names(
            (row.assembly for row in self.datasets.values() if row.assembly), self.datasets.path
        )
        self._check_annotations()
        self._check_architectures()
        self._check_seeds()
        self._check_weights()

    @cached_property
    def assemblies(self) -> Table[Assembly]:
        """Assemblies by name."""
        return self.rows("assemblies", Assembly)

    @cached_property
    def models(self) -> Table[Model]:
        """Models by name."""
        return self.rows("models", Model)

    @cached_property
    def folds(self) -> Table[Fold]:
        """Folds by model and fold."""
        return self.rows("folds", Fold)

    @cached_property
    def sources(self) -> Table[Source]:
        """Sources by name."""
        return self.rows("sources", Source)

    @cached_property
    def datasets(self) -> Table[Dataset]:
        """Datasets by name."""
        return self.rows("datasets", Dataset)

    def path_of(self, table: str) -> str:
        """Path of a table, as the config gives it; of one that it lacks, what says so."""
        return str(self.config["tables"].get(table) or f"tables.{table}{LACKING}")

    def part(self, section: str, *keys: str) -> dict[str, Any]:
        """These keys of a section of the config, for jobs whose numbers follow no other.

        What decides speed alone (device, workers, batch sizes) is in no such part: jobs read it
        from the config, so that another value makes nothing again. Nor are threads.
        """
        return {key: self.config[section][key] for key in keys}

    def rows(self, table: str, kind: type[R]) -> Table[R]:
        """Rows of a table of the config, checked against its schema; no key comes twice.

        A table that the config lacks has no rows.

        Raises
        ------
        InputError
        """
        return Table(self.path_of(table), typed_rows(self.cells(table, kind.KEY), kind))

    def rows_of_kind(self, kind: str, row: type[R]) -> Table[R]:
        """Datasets of a kind, with the columns that it alone uses."""
        cells = self.cells("datasets", Dataset.KEY).items()
        mine = {name: cell for name, cell in cells if cell["kind"] == kind}
        return Table(self.path_of("datasets"), typed_rows(mine, row))

    def cells(self, table: str, key: tuple[str, ...]) -> Mapping[Any, Mapping[str, Any]]:
        """As `rows`, of cells that are as they stand in the table."""
        if not self.config["tables"].get(table):
            return {}
        path = self.path_of(table)
        if path not in self._cells:
            schema = read_schema(self.schemas / f"{table}.schema.yaml")
            self._cells[path] = read_cells(path, schema, key)
        return self._cells[path]

    def check_names(
        self, table: str, found: Iterable[str], other: str, known: Iterable[str]
    ) -> None:
        """Refuse a name that a table uses and another lacks.

        Raises
        ------
        InputError
        """
        check_names(found, list(known), self.path_of(table), self.path_of(other))

    # ---- files ----

    def located(self, value: str) -> str:
        """Path of a cell that names a source, or is a path itself."""
        return f"resources/{self.sources[value].path}" if value in self.sources else value

    def given(self, value: str) -> str:
        """Path of a file that a job reads; one that nothing makes and that does not exist is told.

        Snakemake would not miss it as long as there are results of it.
        """
        path = self.located(value)
        if not path or self.is_made(path):
            return path
        in_storage = self.deployed is not None and not path.startswith(DEPLOYED)
        if not (in_storage or Path(path).exists()):
            cells = ", ".join(cells_of(value, self._cells)) or "config"
            raise self.error(
                f"{cells}: {value} does not exist; expected a file, seen from {Path.cwd()}, or the "
                f"name of a source of {self.path_of('sources')}"
            )
        return path if in_storage or self.deployed is None else self.deployed(path)

    def given_files(self, named: Mapping[str, str | None]) -> dict[str, str]:
        """Input: `given` of each name that has a value."""
        return {name: self.given(value) for name, value in named.items() if value}

    def given_if_named(self, value: str | None) -> str | list[str]:
        """Input: `given` of a cell; no file where it is empty."""
        return self.given(value) if value else []

    def download(self, job: OfPath) -> list[str]:
        """Params: what decides the bytes of the source of a path, none of which opens its URL."""
        row = next(row for row in self.sources.values() if row.path == job.path)
        return [public_url(row.url), url_digest(row.url), row.sha256]

    def aliases_of(self, assembly: str) -> dict[str, str]:
        """Input: other names of an assembly's contigs, where it has a table of them."""
        return self.given_files({"aliases": self.assemblies[assembly].contig_aliases})

    def fasta(self, job: OfAssembly) -> str:
        """Input: the FASTA file of an assembly, as given."""
        return self.given(self.assemblies[job.assembly].genome)

    def annotation_files(self, job: OfAssembly) -> dict[str, str]:
        """Input: what the genes of an assembly are read from."""
        given = {"annotation": self.given(self.assemblies[job.assembly].annotation)}
        return given | self.aliases_of(job.assembly)

    # ---- models, folds and datasets ----

    def _check_annotations(self) -> None:
        """Refuse datasets that need genes on an assembly without."""
        for name, row in self.datasets.items():
            if row.kind in ANNOTATED and not self.assemblies[row.assembly].annotation:
                raise InputError(
                    f"{self.assemblies.path} ({row.assembly}), column annotation: the cell is "
                    f"empty; expected GTF or GFF3, whose genes {name} needs, a dataset of kind "
                    f"{row.kind}. Name the file, or a source of it"
                )

    def _check_architectures(self) -> None:
        """Refuse one of the user's own that cannot be imported, or is of another task."""
        for name, row in self.models.items():
            try:
                check_task(row.architecture, row.task)
            except InputError as error:
                raise InputError(f"{self.models.path}: model {name}: {error}") from error

    def of_task(self, *tasks: str) -> list[str]:
        """Models of these tasks, in the order of the table."""
        return [name for name, row in self.models.items() if row.task in tasks]

    def descriptions(self, *tasks: str) -> dict[str, str]:
        """Params: what the table says of the models of these tasks, for pages that list them."""
        return {name: self.models[name].description for name in self.of_task(*tasks)}

    def description(self, job: OfModel) -> dict[str, str]:
        """Params: what the table says of the model of a job, for its page."""
        return {job.model: self.models[job.model].description}

    def of_kind(self, *kinds: str) -> list[str]:
        """Datasets of these kinds, in the order of the table."""
        return [name for name, row in self.datasets.items() if row.kind in kinds]

    def file(self, job: OfDataset) -> str:
        """Input: the file of a dataset."""
        return self.given(self.datasets[job.dataset].path)

    def assembly(self, job: OfDataset) -> str:
        """Params: the assembly of a dataset."""
        return self.datasets[job.dataset].assembly

    def genome(self, job: OfDataset) -> dict[str, str]:
        """Input: the genome of a dataset."""
        return genome_of(self.assembly(job))

    def genes(self, job: OfDataset) -> str:
        """Input: the genes of a dataset's assembly."""
        return genes_of(self.assembly(job))

    def aliases(self, job: OfDataset) -> dict[str, str]:
        """Input: other names of the contigs of a dataset's assembly."""
        return self.aliases_of(self.assembly(job))

    @property
    def uses_gpus(self) -> bool:
        """Whether jobs that run a model request GPUs; none does where it uses the CPU anyway."""
        return bool(self.config["inference"]["device"] != "cpu")

    @cached_property
    def _folds(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {name: [] for name in self.models}
        for model, fold in self.folds:
            found[model].append(fold)
        return found

    def folds_of(self, model: str) -> list[str]:
        """Names of a model's folds, in the order of the table."""
        return self._folds[model]

    def model_files(self, job: OfModel) -> dict[str, str]:
        """Input: what loading the model of a job takes in addition to its weights."""
        row = self.models[job.model]
        return self.given_files({"hyperparameters": row.hyperparameters, "tracks": row.tracks})

    def tracks(self, job: OfModel) -> str:
        """Input: the table of tracks of a coverage model."""
        return self.given(self.models[job.model].tracks)

    def intervals(self, job: OfModel) -> dict[str, str]:
        """Input: how far true effects lie from those of a model, where it has a table of that."""
        return self.given_files({"intervals": self.models[job.model].intervals})

    def architecture(self, job: OfModel) -> str:
        """Params: the architecture of a model."""
        return self.models[job.model].architecture

    def origin(self, job: OfFold) -> dict[str, str]:
        """Params: where the weights of a fold come from."""
        row = self.folds[job.model, job.fold]
        return {"origin": row.origin, "source": row.source}

    def head(self, job: OfModel) -> str:
        """Params: the head of a model, "" where it has one that needs no name."""
        return self.models[job.model].head

    def fold_weights(self, job: OfModel) -> list[str]:
        """Input: the weights of all folds of a model."""
        path = "resources/models/{}.fold{}.safetensors"
        return [path.format(job.model, fold) for fold in self.folds_of(job.model)]

    def facts(self, job: OfModel) -> dict[str, Any]:
        """Params: what results say of the model that made them.

        Fold and origin are lists where the job names no fold, and is of all.
        """
        one = getattr(job, "fold", None)
        folds = [one] if one is not None else self.folds_of(job.model)
        origins = [self.folds[job.model, fold].origin for fold in folds]
        return {
            "model": job.model,
            "fold": one if one is not None else folds,
            "architecture": self.models[job.model].architecture,
            "origin": origins[0] if one is not None else origins,
        }

    def located_facts(self, job: OfModelAndDataset) -> dict[str, Any]:
        """Params: `facts`, and the assembly of the dataset."""
        return {**self.facts(job), "assembly": self.assembly(job)}

    def dataset_facts(self, job: OfModelAndDataset) -> dict[str, Any]:
        """Params: `located_facts`, and the dataset."""
        return {**self.located_facts(job), "dataset": job.dataset}

    def _check_seeds(self) -> None:
        """Refuse random weights whose seed is no number."""
        for row in self.folds.values():
            if row.origin == "random" and not row.source.removeprefix("-").isdecimal():
                raise InputError(
                    f"{self.folds.path}: fold {row.fold} of model {row.model}: origin is random, "
                    f"and source is {row.source or 'empty'}; expected a whole number, the seed of "
                    "its weights"
                )

    def _known_weights(self, row: Fold) -> str | None:
        """What tells the weights of a fold before a run; None where only its training does."""
        if row.origin == "source":
            source = self.sources.get(row.source)
            return source.sha256 if source and source.sha256 else self._resolved(row.source)
        # a training of reads or of mRNAs takes nothing from the fold's name
        told = row.origin == "random" or self.models[row.model].task in ("reads", "embedding")
        return f"{row.origin} {row.source}" if told else None

    def _resolved(self, value: str) -> str:
        return str(Path(self.located(value)).resolve())

    def _check_weights(self) -> None:
        """Refuse folds of a model that have the same weights."""
        facts = [
            {"model": row.model, "fold": row.fold, "weights_sha256": self._known_weights(row)}
            for row in self.folds.values()
        ]
        if repeated := same_weights(facts):
            raise InputError(
                f"{self.folds.path}: {repeated[0]} have the same weights, so that they would agree "
                "in everything and tell nothing of the spread; give each fold weights of its own, "
                "or keep one of these rows"
            )
