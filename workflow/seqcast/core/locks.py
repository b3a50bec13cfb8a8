"""Files that one process at a time may have locked, whatever becomes of it."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

logger = logging.getLogger(__name__)


class Lock(NamedTuple):
    """A lock that is held: the descriptor of its file, and whether another process had it."""

    file: int
    waited: bool


@contextmanager
def locked(path: str | Path) -> Iterator[Lock]:
    """Hold a lock while the block runs, waiting for who has it; its file goes with it.

    A process that inherits the descriptor keeps the lock for as long as it lives, longer than one
    that is killed. Disks that cannot lock files let everybody in.

    Parameters
    ----------
    path : path
        A file for the lock alone.
    """
    path, waited = Path(path), False
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with suppress(OSError):
                waited |= _take(file, path)
            if _is_at(file, path):  # who had it took it away
                try:
                    yield Lock(file, waited)
                finally:
                    path.unlink(missing_ok=True)
                return
        finally:
            os.close(file)


def _take(file: int, path: Path) -> bool:
    """Lock a file; whether another process had it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logger.info("%s: another process has this lock; waiting for it", path)
        fcntl.flock(file, fcntl.LOCK_EX)
        return True
    return False


def _is_at(file: int, path: Path) -> bool:
    """Whether an open file is still the one at a path."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), path.stat())
    return False
