"""Training datasets of coverage models: their windows, tracks and stores."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seqcast.core.errors import InputError
from seqcast.models.settings import read_settings
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.config import complete, read_schema
from seqcast.plan.libraries import FOLDER, Libraries
from seqcast.plan.rows import genes_of, genome_of
from seqcast.plan.tables import Row, Table
from seqcast.plan.wildcards import OfCoverageSet

# Assembly, input and crop (bp) -> source of the windows published for models of that shape.
PUBLISHED_WINDOWS = {
    ("hg38", 393216, 0): "borzuki_windows_hg38",
    ("mm10", 393216, 0): "borzuki_windows_mm10",
    ("hg38", 524288, 163840): "borzoi_windows_hg38",
    ("mm10", 524288, 163840): "borzoi_windows_mm10",
}
MADE = "made"  # instead of a file of windows
COVERAGE = "coverage"  # kind of datasets
MAKING = {"stride_bp", "folds", "fixed"}  # settings of windows that are made
LEARNED_FROM = {"train", "valid"}  # parts of windows of which no fold is tested


@dataclass(frozen=True, kw_only=True)
class CoverageSet(Row):
    """A genome and its tracks, from which models learn."""

    KEY = ("dataset",)
    dataset: str
    assembly: str
    path: str  # targets table
    settings: str
    windows: str = ""
    unmappable: str = ""
    blacklist: str = ""
    tfrecords: str = ""


@dataclass(frozen=True, kw_only=True)
class WindowSettings:
    """Shape of the windows of a set, and how they are made: coverage_settings.schema.yaml.

    Attributes
    ----------
    makes_windows : bool
        Whether the file says how windows are made.
    """

    window_bp: int
    bin_bp: int
    crop_bins: int
    stride_bp: int | None
    folds: int
    fixed: dict[str, str]
    interpolate: bool
    compat: str | None
    makes_windows: bool


@dataclass(frozen=True, eq=False)
class CoverageSets:
    """Training datasets of a run."""

    catalogue: Catalogue
    libraries: Libraries

    def __post_init__(self) -> None:
        rows, sources = self.rows, self.catalogue.sources
        for name, row in rows.items():
            targets, windows = self.catalogue.located(row.path), self.windows_file(name)
            for path in _named_tracks(targets):
                self.libraries.check_track(path, row.assembly, targets)
            if (
                not row.tfrecords
                and windows in PUBLISHED_WINDOWS.values()
                and windows not in sources
            ):
                raise InputError(
                    f"{rows.path}: {name} takes the published windows of its assembly, but "
                    f"{sources.path} has no {windows}; copy that row of seqcast's "
                    "config/sources.tsv, or write made into the column windows"
                )

    @cached_property
    def rows(self) -> Table[CoverageSet]:
        """Sets by name."""
        return self.catalogue.rows_of_kind(COVERAGE, CoverageSet)

    @cached_property
    def settings(self) -> dict[str, WindowSettings]:
        """Settings of each set, those that its file leaves out by default."""
        return {name: self._settings_of(row) for name, row in self.rows.items()}

    def _settings_of(self, row: CoverageSet) -> WindowSettings:
        schema = read_schema(self.catalogue.schemas / "coverage_settings.schema.yaml")

        def parse(values: dict[str, Any]) -> WindowSettings:
            makes_windows = not MAKING.isdisjoint(values)
            complete(values, schema)
            # JSON schema takes 512.0 for an integer
            whole: dict[str, Any] = {
                key: int(v) if isinstance(v, float) else v for key, v in values.items()
            }
            return WindowSettings(**whole, makes_windows=makes_windows)

        try:
            return read_settings(row.settings, "the settings of a training dataset", parse)
        except InputError as error:
            raise InputError(
                f"{self.rows.path} ({row.dataset}), column settings: {error}"
            ) from error

    def windows_file(self, name: str) -> str:
        """What the windows are read from: the cell, or the published ones; "", they are made."""
        row, settings = self.rows[name], self.settings[name]
        if row.windows or row.unmappable or settings.makes_windows:
            return "" if row.windows == MADE else row.windows
        shape = row.assembly, settings.window_bp, settings.bin_bp * settings.crop_bins
        return PUBLISHED_WINDOWS.get(shape, "")

    def check_names(self, found: Iterable[str], where: str) -> None:
        """Refuse a name of no dataset, or of one of another kind."""
        datasets = self.catalogue.datasets
        for name in found:
            datasets.check_names([name], where)
            if name not in self.rows:
                raise InputError(
                    f"{where}: dataset {name} is of kind {datasets[name].kind}; expected {COVERAGE}"
                )

    @cached_property
    def of_records(self) -> list[str]:
        """Sets that are a published dataset of TFRecords."""
        return [name for name, row in self.rows.items() if row.tfrecords]

    @cached_property
    def of_tracks(self) -> list[str]:
        """Sets whose targets are read from tracks."""
        return [name for name, row in self.rows.items() if not row.tfrecords]

    def assembly(self, job: OfCoverageSet) -> str:
        """Params: the assembly of a set."""
        return self.rows[job.coverage_set].assembly

    def genome(self, job: OfCoverageSet) -> dict[str, str]:
        """Input: the genome of a set."""
        return genome_of(self.assembly(job))

    def named_genome(self, job: OfCoverageSet) -> dict[str, str]:
        """Input: the genome of a set, and other names of its contigs."""
        return {**self.genome(job), **self.catalogue.aliases_of(self.assembly(job))}

    def genes(self, job: OfCoverageSet) -> str:
        """Input: the genes of a set's assembly."""
        return genes_of(self.assembly(job))

    def given_windows(self, job: OfCoverageSet) -> dict[str, str]:
        """Input: what the windows of a set are read from, or made with."""
        unmappable = self.rows[job.coverage_set].unmappable
        named = {"windows": self.windows_file(job.coverage_set), "unmappable": unmappable}
        return self.catalogue.given_files(named)

    def blacklist(self, job: OfCoverageSet) -> dict[str, str]:
        """Input: where the targets of a set are limited, if anywhere."""
        return self.catalogue.given_files({"blacklist": self.rows[job.coverage_set].blacklist})

    def targets(self, job: OfCoverageSet) -> str:
        """Input: the targets table of a set."""
        return self.catalogue.given(self.rows[job.coverage_set].path)

    def tracks(self, job: OfCoverageSet) -> list[str]:
        """Input: bigWig files of a set's targets table, those of libraries included.

        Other files of a table that this workflow makes come with the table.
        """
        targets = self.catalogue.located(self.rows[job.coverage_set].path)
        own = Path(targets).parts[0] not in ("resources", "results")
        names = _named_tracks(targets)
        return [self.catalogue.given(name) for name in names if own or name.startswith(FOLDER)]

    def records(self, job: OfCoverageSet) -> list[str]:
        """Input: files of a published dataset."""
        folder = Path(self.folder(job))
        named = [folder / name for name in ("statistics.json", "sequences.bed")]
        parts = sorted(map(str, folder.glob("tfrecords/*.tfr")))
        return [*(self.catalogue.given(str(path)) for path in named), *parts]

    def folder(self, job: OfCoverageSet) -> str:
        """Params: the folder of a published dataset."""
        return self.rows[job.coverage_set].tfrecords

    def options(self, job: OfCoverageSet) -> dict[str, Any]:
        """Params: the shape of the windows of a set, and how they are made."""
        settings = self.settings[job.coverage_set]
        return {
            "bin_bp": settings.bin_bp,
            "crop_bins": settings.crop_bins,
            "stride_bp": settings.stride_bp or 0,
            "folds": settings.folds,
            "window_bp": settings.window_bp,
            "fixed": ",".join(f"{contig}={part}" for contig, part in settings.fixed.items()),
            "compat": settings.compat or "",
            "interpolate": settings.interpolate,
            "seed": self.catalogue.config["coverage_sets"]["seed"],
        }

    def stores(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Input: stores, which are folders that are known by their dates, and what they hold."""
        return {
            "stores": [f"results/coverage_sets/{name}.zarr" for name in names],
            "digests": [f"results/coverage_sets/{name}.digest" for name in names],
        }

    def is_tested(self, name: str) -> bool:
        """Whether a set has windows that no fold learns from, as far as is known."""
        parts = self._parts(name)
        return not parts or "test" in parts or not parts & LEARNED_FROM

    def _parts(self, name: str) -> set[str]:
        """Parts of a set's windows; none where the file of windows is still to be downloaded."""
        row = self.rows[name]
        if row.tfrecords:
            path = f"{row.tfrecords}/sequences.bed"
        elif windows := self.windows_file(name):
            path = self.catalogue.located(windows)
        else:
            return {f"fold{i}" for i in range(self.settings[name].folds)}
        if not Path(path).exists():
            return set()
        from seqcast.datasets.coverage.target_windows import read_windows  # brings polars

        try:
            return set(read_windows(path)["part"])
        except InputError as error:
            raise InputError(f"{self.rows.path}: {name}: {error}") from error


def _named_tracks(targets: str) -> list[str]:
    """Files that the rows of a targets table name; none where it does not exist, or is unfit.

    The job that needs the table says what is wrong with it.
    """
    if not Path(targets).is_file():
        return []
    from seqcast.core.text_files import read_cells
    from seqcast.genome.tracks import track_path

    try:
        table = read_cells(targets, "a targets table")
    except InputError:
        return []
    names: list[str] = table["file"].drop_nulls().to_list() if "file" in table.columns else []
    return [str(track_path(targets, name)) for name in names]
