"""Which of a machine's devices a process computes on: one that no other process has.

Clusters give each job its devices. On a single machine Snakemake only counts them, and all jobs see
all GPUs. A lock on a file per device says which are taken. The system releases it when the process
ends, however it ends.
"""

import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from seqcast.core.errors import InputError

_held: dict[Path, IO[str]] = {}  # open files of the locks of this process


def claim(devices: Sequence[str], folder: Path | None = None) -> int | None:
    """Take the first device that no other process of this user has, until this process ends.

    A process that already has one of them gets the same again. Processes that it forks share it.

    Parameters
    ----------
    devices : sequence of str
        What the devices are known by on this machine, such as their UUIDs.
    folder : path, optional
        Of the locks, on a disk of this machine. Default: one per user below the temporary folder.

    Returns
    -------
    int or None
        Place in `devices`; None if other processes have all of them.

    Raises
    ------
    InputError
        If the folder of the locks belongs to another user.
    """
    folder = _own_folder(folder or Path(tempfile.gettempdir()) / f"seqcast-devices-{os.getuid()}")
    files = [folder / f"{re.sub(r'[^A-Za-z0-9-]', '_', device)}.lock" for device in devices]
    for number, path in enumerate(files):
        if path in _held:
            return number
    for number, path in enumerate(files):
        with suppress(BlockingIOError):
            _held[path] = _locked(path)
            return number
    return None


def _own_folder(folder: Path) -> Path:
    """Make a folder, and refuse one that somebody else made: links in it could lead anywhere."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise InputError(
            f"{folder} is a link or belongs to another user; expected a folder of yours, for locks "
            "on GPUs. Remove it, or set TMPDIR to a folder of your own."
        )
    return folder


def _locked(path: Path) -> IO[str]:
    """An open file with a lock.

    Raises
    ------
    BlockingIOError
        If another process has it.
    """
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    return file
