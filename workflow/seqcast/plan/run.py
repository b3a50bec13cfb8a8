"""The plan of a run: what its config and tables ask for, feature by feature."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqcast.plan.catalogue import Catalogue
from seqcast.plan.read_benchmark import ReadBenchmarks
from seqcast.plan.read_sets import ReadSets
from seqcast.plan.reads import Reads
from seqcast.plan.transcripts import Transcripts


@dataclass(frozen=True)
class RunPlan:
    """What a run does; its parts know the files of their jobs.

    Attributes
    ----------
    catalogue : Catalogue
        What all parts are planned from.
    """

    catalogue: Catalogue
    read_sets: ReadSets
    reads: Reads
    read_benchmarks: ReadBenchmarks
    transcripts: Transcripts

    @property
    def targets(self) -> list[str]:
        """Paths of all that a run makes; read sets are made where they are asked for."""
        parts = (self.reads, self.read_benchmarks, self.transcripts)
        return [path for part in parts for path in part.targets]

    @property
    def warnings(self) -> list[str]:
        """What a user should know before the run."""
        return self.transcripts.warnings


def plan_run(config: dict[str, Any], schemas: Path, **hooks: Any) -> RunPlan:
    """Read and check config and tables, and plan the run.

    Parameters
    ----------
    config : dict
        As read; completed in place.
    schemas : path
        Folder of the schemas of config and tables.
    **hooks
        ``is_made``, ``remote`` and ``error`` of `Catalogue`.

    Raises
    ------
    InputError
        Naming table, row and column of a mistake, or the key of the config, and the remedy.
    """
    catalogue = Catalogue(config, schemas, **hooks)
    return RunPlan(
        catalogue,
        read_sets=ReadSets.read(catalogue),
        reads=Reads(catalogue),
        read_benchmarks=ReadBenchmarks.read(catalogue),
        transcripts=Transcripts.read(catalogue),
    )
