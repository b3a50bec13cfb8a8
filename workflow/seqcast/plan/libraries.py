"""Coverage tracks that are computed from aligned reads."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.rows import genome_of
from seqcast.plan.tables import Row, Table
from seqcast.plan.wildcards import OfLibrary

ALIGNED = "aligned_reads"  # kind of datasets
FOLDER = "results/coverage_tracks/"
STRANDS = {"unstranded": ["unstranded"]}  # of a type of library; of all others:
BOTH = ["plus", "minus"]


@dataclass(frozen=True, kw_only=True)
class Library(Row):
    """Aligned reads, and which of them count."""

    KEY = ("dataset",)
    dataset: str
    assembly: str
    path: str
    library_type: str
    per_million: bool = False
    min_mapq: int | None = None
    duplicates: bool = True


@dataclass(frozen=True, eq=False)
class Libraries:
    """Libraries of a run, and the tracks that they give."""

    catalogue: Catalogue

    @cached_property
    def rows(self) -> Table[Library]:
        """Libraries by name."""
        return self.catalogue.rows_of_kind(ALIGNED, Library)

    @cached_property
    def stranded(self) -> list[str]:
        """Libraries of two tracks, one per strand."""
        return [name for name, row in self.rows.items() if row.library_type not in STRANDS]

    @cached_property
    def unstranded(self) -> list[str]:
        """Libraries of one track."""
        return [name for name in self.rows if name not in self.stranded]

    @cached_property
    def tracks(self) -> dict[str, Library]:
        """Path of each track to its library."""
        return {
            f"{FOLDER}{name}.{strand}.bw": self.rows[name]
            for name in [*self.stranded, *self.unstranded]
            for strand in STRANDS.get(self.rows[name].library_type, BOTH)
        }

    def files(self, job: OfLibrary) -> dict[str, str]:
        """Input: the reads of a job's library, and its genome."""
        row = self.rows[job.library]
        return {
            "bam": self.catalogue.given(row.path),
            **genome_of(row.assembly),
            **self.catalogue.aliases_of(row.assembly),
        }

    def options(self, job: OfLibrary) -> dict[str, Any]:
        """Params: which alignments count; an empty cell leaves the default."""
        row = self.rows[job.library]
        quality = {} if row.min_mapq is None else {"min_mapping_quality": row.min_mapq}
        return {
            "library_type": row.library_type,
            "per_million": row.per_million,
            "duplicates": row.duplicates,
            **quality,
        }

    def check_track(self, path: str, assembly: str, where: str) -> None:
        """Refuse a track that no library gives, or one on another assembly; others pass.

        Parameters
        ----------
        path : str
            Of the track.
        assembly : str
            That it should be on.
        where : str
            What names the track, for the message.

        Raises
        ------
        InputError
        """
        if path.startswith(FOLDER) and path not in self.tracks:
            raise InputError(
                f"{where}: {path} is of no dataset of kind {ALIGNED}; {self.rows.path} gives "
                f"{', '.join(self.tracks) or 'none'}"
            )
        if path in self.tracks and self.tracks[path].assembly != assembly:
            raise InputError(
                f"{where}: {path} is on assembly {self.tracks[path].assembly} ({self.rows.path}), "
                f"the set is on {assembly}; name libraries of the set's assembly"
            )
