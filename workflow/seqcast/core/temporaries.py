"""Hidden temporary files next to outputs: whose they are, and why one could not be written.

A name tells the process that writes it, so that a later run can remove what a killed one left and
leave alone what another process is writing.
"""

import errno
import os
import re
import shutil
import socket
import uuid
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from seqcast.core.errors import InputError, WriteError
from seqcast.core.seals import current_job

PROBE_BYTES = 1 << 20
# The short form is that of earlier versions, which named no process.
_TOKEN = re.compile(r"\.(?:[0-9a-f]{12}|[0-9a-f]{8}-([0-9a-f]{8})-(\d+)-(\d+))\.")
_NUMBER = re.compile(r"\((?:os error |errno=)(\d+)\)|\[[Ee]rrno (\d+)\]|errno = (\d+)")
_REMEDIES = {
    errno.ENOSPC: "Free space on that disk, or work on another",
    errno.EDQUOT: "Free some of your quota on that disk, or work on another",
    errno.EROFS: "Work in a folder that can be written to",
    errno.EACCES: "Get the rights to write there, or work in another folder",
    errno.EPERM: "Get the rights to write there, or work in another folder",
    errno.EFBIG: "Raise the limit on the size of files (ulimit -f), or work on another disk",
    errno.ENAMETOOLONG: "Give shorter names in the tables",
    errno.EIO: "Have that disk looked at, or work on another",
    errno.ESTALE: "Mount that disk again, or work on another",
}
_WRITING = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}  # not met in reading
_UNTOLD = (WriteError, KeyboardInterrupt, SystemExit, GeneratorExit)


def temporary_name(final: Path) -> Path:
    """A hidden sibling of `final` that no other process has; its name ends in that of `final`."""
    process = os.getpid()
    token = f"{uuid.uuid4().hex[:8]}-{_host()}-{process}-{_started(process)}"
    return final.with_name(f".{token}.{final.name}")


def remove_leftovers(final: Path) -> None:
    """Remove temporaries of `final` whose process has ended.

    Of processes on other machines this cannot be known: theirs go only in a job of the workflow
    (`seals.written_by`), which is the only one that writes its outputs.
    """
    with suppress(OSError):
        for path in list(final.parent.iterdir()):
            match = _TOKEN.match(path.name)
            if match and path.name[match.end() :] == final.name and _is_left(*match.groups()):
                remove(path)


def remove(path: Path) -> None:
    """Remove a file or folder if it is there, as far as that goes."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def write_error(error: BaseException, final: Path | None = None) -> WriteError | None:
    """The error for a file that the disk did not take; None where another thing went wrong.

    Libraries raise errors of their own where a disk is full, some without a reason: these are told
    by trying to write next to `final`.

    Parameters
    ----------
    final : path, optional
        What was to be written, where the error does not name another file.
    """
    if isinstance(error, _UNTOLD):
        return None
    numbers = _WRITING if isinstance(error, InputError) else set(_REMEDIES)
    for cause in _chain(error):
        number = _number(cause)
        if number in numbers:
            named = getattr(cause, "filename", None)
            return _told(number, _final_name(named) if isinstance(named, str) else final)
    if final is None or isinstance(error, InputError):
        return None
    return _told(_probed(final.parent), final)


def _host() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def _started(process: int) -> int:
    """When a process was started (clock ticks since boot); 0 if there is no /proc."""
    with suppress(OSError, LookupError, ValueError):
        # the name of the program, in brackets, may hold anything
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19])
    return 0


def _is_left(host: str | None, process: str | None, started: str | None) -> bool:
    """Whether nobody writes a temporary any more."""
    if host != _host() or process is None or started is None:
        return bool(current_job())
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # of another user, so it runs
    return _started(int(process)) != int(started)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those that led to it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__]


def _number(error: BaseException) -> int | None:
    """The number of the system's error: its own, or as libraries write it into their messages."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    match = None if isinstance(error, InputError) else _NUMBER.search(str(error))
    return int(next(filter(None, match.groups()))) if match else None


def _probed(folder: Path) -> int | None:
    """What the system says to a file of 1 MiB in a folder."""
    probe = temporary_name(folder / "probe")
    try:
        with probe.open("wb", buffering=0) as file:
            while file.tell() < PROBE_BYTES:
                file.write(bytes(PROBE_BYTES - file.tell()))
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno
    finally:
        remove(probe)
    return None


def _final_name(path: str) -> Path:
    """The output that a temporary is for."""
    name = Path(path).name
    match = _TOKEN.match(name)
    return Path(path).with_name(name[match.end() :]) if match else Path(path)


def _told(number: int | None, path: Path | None) -> WriteError | None:
    if number not in _REMEDIES:
        return None
    folder = path.parent if path else Path.cwd()
    refused = "cannot be written" if number in _WRITING else "cannot be read or written"
    free = ""
    if number == errno.ENOSPC:
        with suppress(OSError):
            free = f" ({shutil.disk_usage(folder).free / 1e6:.0f} MB are free in {folder})"
    return WriteError(
        f"{path or 'a file of this job'} {refused}: {os.strerror(number)}{free}. "
        f"{_REMEDIES[number]}; then run the same command again."
    )
