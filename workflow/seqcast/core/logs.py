"""What a job reports: a log file for the reader, one line for a mistake that the user can fix."""

import atexit
import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seqcast.core.errors import InputError
from seqcast.core.run_log import log_folder, telling
from seqcast.core.seals import written_by
from seqcast.core.temporaries import write_error

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
USER_ERROR = 2  # exit status, as argparse uses it

# Imports leave nothing to collect, but what torch makes sets off many searches for it: 0.2 s of
# each job. Scripts of jobs import this first; `reporting` ends the pause.
if hasattr(sys.modules["__main__"], "snakemake"):
    gc.disable()


@contextmanager
def reporting(log_path: str | Path) -> Iterator[None]:
    """Log to ``log_path`` while the block runs, and report its errors.

    The file gets what seqcast logs from INFO on, and warnings of other packages. Logging is as
    before when the block ends.

    Parameters
    ----------
    log_path : path
        The log file; an older one is replaced. Parent folders are made. In the workflow it is
        ``logs/RULE/...``: files that are written meanwhile keep the rule (`seqcast.core.seals`),
        and the run's ``logs/progress.jsonl`` tells how far the job is (`seqcast.core.run_log`).

    Raises
    ------
    SystemExit
        With status 2 instead of an `InputError`, or of a disk that takes no file, whose message
        becomes one line ``ERROR: ...`` in the log and on stderr. Every other exception passes, with
        its traceback in the log.
    """
    if not gc.isenabled():
        gc.freeze()  # what was imported stays: no later search looks at it again
        gc.enable()
    # ending, the interpreter would search all that torch imported for cycles: 0.3 s of each job
    atexit.register(gc.freeze)
    path = Path(log_path)
    root, package = logging.getLogger(), logging.getLogger("seqcast")
    handler, level = _open(path), package.level
    root.addHandler(handler)
    package.setLevel(logging.INFO)
    try:
        with written_by(_rule_of(path)), telling(path):
            yield
    except Exception as error:
        mistake = write_error(error) or (error if isinstance(error, InputError) else None)
        if not mistake:
            package.exception("the job failed")
            raise
        line = tell(mistake)
        handler.setFormatter(logging.Formatter())
        handler.handle(logging.makeLogRecord({"msg": line, "levelno": logging.ERROR}))
        raise SystemExit(USER_ERROR) from None
    finally:
        package.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def tell(error: object) -> str:
    """Write an error to stderr as the one line that a mistake of the user gets; returns it."""
    line = f"ERROR: {' '.join(str(error).split())}"
    sys.stderr.write(f"{line}\n")
    return line


class _LogFile(logging.FileHandler):
    """A log that a full disk cuts short, without a traceback for each line that is lost."""

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()

    def close(self) -> None:
        with suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)


def _open(path: Path) -> _LogFile:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(path, mode="w", encoding="utf-8")
    except OSError as error:
        if told := write_error(error, path):
            tell(told)
            raise SystemExit(USER_ERROR) from None
        raise
    handler.setFormatter(logging.Formatter(FORMAT))
    return handler


def _rule_of(log_path: Path) -> str:
    """The folder or file right below the last folder ``logs``; none without such a folder."""
    found = log_folder(log_path.with_suffix(""))
    return found[1].parts[0] if found else ""
