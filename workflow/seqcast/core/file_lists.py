"""Input files of jobs."""

from pathlib import Path
from typing import Any


def paths_of(files: Any) -> list[str]:
    """One path or several, as Snakemake hands them over."""
    return [str(files)] if isinstance(files, str | Path) else list(map(str, files))
