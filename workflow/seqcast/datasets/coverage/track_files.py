"""Where the files lie that a targets table names."""

from pathlib import Path

MADE = "results/"


def track_path(targets: str | Path, file: str) -> Path:
    """Path of the bigWig file that a row of a targets table names.

    Parameters
    ----------
    targets : path
        The table.
    file : str
        Cell of the column ``file``. A name that begins with ``results/`` is a file that the
        workflow makes, in the folder where it runs; any other lies next to the table, or is
        absolute.
    """
    return Path(file) if file.startswith(MADE) else Path(targets).parent / file
