"""What a file holds, as a digest: what tells one input from another, whatever their dates."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

PLANNING_BYTES = 1 << 22  # files of no more are read whole before a run
JOB_BYTES = 1 << 28  # and by a job, which reads its inputs anyhow
BLOCK_BYTES = 1 << 16
BLOCKS = 16  # that are read of a larger file, the first and the last among them


def content_digest(path: str | Path, whole_bytes: int = PLANNING_BYTES) -> str:
    """What a file holds, by its size and its bytes: all of them, or blocks of a large file.

    The date does not count: archives and copies keep it, so that a file may be replaced by another
    of the same date. Of a large file, blocks from end to end are read; an edit between them that
    leaves the size as it is tells itself by the date alone.

    Parameters
    ----------
    path : path
        A file, or a folder: what is in it counts with its names, empty folders too.
    whole_bytes : int
        Size of the largest file that is read whole.

    Returns
    -------
    str
        Size in bytes and 16 hexadecimal digits; "" if there is no such file.
    """
    path = Path(path)
    if path.is_dir():
        parts = [f"{p.name} {content_digest(p, whole_bytes)}" for p in sorted(path.iterdir())]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    if not path.is_file():
        return ""
    found = hashlib.sha256()
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= whole_bytes:
            found.update(file.read())
        else:
            for block in range(BLOCKS):
                file.seek((size - BLOCK_BYTES) * block // (BLOCKS - 1))
                found.update(file.read(BLOCK_BYTES))
    return f"{size} {found.hexdigest()[:16]}"


def contents_of(files: Mapping[str, str]) -> dict[str, str]:
    """Name to `content_digest` of the inputs of a job, which read larger ones whole."""
    return {name: content_digest(path, JOB_BYTES) for name, path in files.items()}
