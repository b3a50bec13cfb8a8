"""Files that tell when one of their bytes has changed since they were written.

A disk, a copy or a bad cable changes a byte now and then, and most formats read it as another
number. A seal is a line of text in a part of the file that is free for it: the checksum of all
other bytes, and the job that wrote the file, which a message can name.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from zipfile import ZipFile

from seqcast.core.errors import InputError

KEY = "seal"  # of metadata that hold a seal
SEARCHED_BYTES = 1 << 20  # at both ends of a file
CHUNK_BYTES = 1 << 22
BLANK = b"-" * 8
CHANGED = "its checksum differs from the one it was written with"
_SEAL = re.compile(rb"seqcast-seal start=(\d+) job=([\w.-]*) crc32=([0-9a-f]{8}|-{8})")
_job: ContextVar[str] = ContextVar("job", default="")


@contextmanager
def written_by(job: str) -> Iterator[None]:
    """Name the job (a rule of the workflow) that seals files while the block runs."""
    token = _job.set(re.sub(r"[^\w.-]", "_", job))
    try:
        yield
    finally:
        _job.reset(token)


def current_job() -> str:
    """The job that `written_by` names; none outside."""
    return _job.get()


def blank_seal(start: int = 0) -> str:
    """Text for the metadata of a file that `seal` completes; the checksum is of ``[start:]``."""
    return f"seqcast-seal start={start} job={_job.get()} crc32={BLANK.decode()}"


def seal(path: str | Path) -> None:
    """Put the checksum into the blank seal of a file that is otherwise finished.

    Raises
    ------
    ValueError
        If there is no blank seal within 1 MiB of either end.
    """
    found = _find(path)
    if found is None or found[2] != BLANK:
        raise ValueError(f"{path} has no blank seal")
    crc32 = _checksum(path, *found[:2])
    with Path(path).open("r+b") as file:
        file.seek(found[1])
        file.write(b"%08x" % crc32)


def seal_zip(path: str | Path, directory_only: bool = False) -> None:
    """Seal a zip file in its comment.

    Parameters
    ----------
    directory_only : bool
        Leave out the entries, for files that are read in parts: each entry has a checksum of its
        own, which readers of whole entries look at.
    """
    with ZipFile(path, "a") as file:
        file.comment = blank_seal(file.start_dir if directory_only else 0).encode()
    seal(path)


def check_seal(path: str | Path) -> None:
    """Refuse a file whose bytes are not those that were sealed; one without a seal passes.

    Raises
    ------
    InputError
        Naming the file and the job that makes it again.
    """
    found = _find(path)
    if found and b"%08x" % _checksum(path, *found[:2]) != found[2]:
        raise damaged(path, CHANGED)


def damaged(path: str | Path, reason: object, job: str = "") -> InputError:
    """The error for a file of this program that cannot be read as it was written.

    Parameters
    ----------
    reason : object
        Text, or an exception.
    job : str
        What made the file, where it has no seal to say so.
    """
    job = job or sealed_by(path)
    told = str(reason).strip().split("\n")[0] or type(reason).__name__
    again = f"run the same command again: the rule {job} makes it again" if job else "make it again"
    return InputError(
        f"{path} is damaged or truncated ({told}); expected it as it was written. Remove it and "
        f"{again}. If it happens twice, check the disk."
    )


def sealed_by(path: str | Path) -> str:
    """The job that sealed a file; none if there is no seal, or no file."""
    found = _find(path) if Path(path).is_file() else None
    return found[3] if found else ""


def _find(path: str | Path) -> tuple[int, int, bytes, str] | None:
    """Start of the sealed bytes, place of the checksum, the checksum as it stands, and the job."""
    with Path(path).open("rb") as file:
        size = file.seek(0, 2)
        for place in (max(0, size - SEARCHED_BYTES), 0):
            file.seek(place)
            if match := _SEAL.search(file.read(SEARCHED_BYTES)):
                return int(match[1]), place + match.start(3), match[3], match[2].decode()
    return None


def _checksum(path: str | Path, start: int, place: int) -> int:
    """CRC-32 of a file from `start`, its own eight digits at `place` read as blank."""
    crc32 = 0
    with Path(path).open("rb") as file:
        file.seek(start)
        while start < place:
            chunk = file.read(min(CHUNK_BYTES, place - start))
            crc32, start = zlib.crc32(chunk, crc32), start + len(chunk)
        crc32 = zlib.crc32(BLANK, crc32)
        file.seek(len(BLANK), 1)
        while chunk := file.read(CHUNK_BYTES):
            crc32 = zlib.crc32(chunk, crc32)
    return crc32
