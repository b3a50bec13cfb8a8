"""What a job reports: a log file for the reader, one line for a mistake that the user can mend."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from seqcast.errors import InputError
from seqcast.seals import written_by

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
USER_ERROR = 2  # exit status, as argparse uses it


@contextmanager
def reporting(log_path: str | Path) -> Iterator[None]:
    """Log to ``log_path`` while the block runs, and report its errors.

    The file gets what seqcast logs from INFO on, and warnings of other packages. Logging is as
    before when the block ends.

    Parameters
    ----------
    log_path : path
        The log file; an older one is replaced. Parent folders are made. In the workflow it is
        ``logs/RULE/...``: files that are written meanwhile keep the rule (`seqcast.seals`).

    Raises
    ------
    SystemExit
        With status 2 in place of an `InputError`, whose message becomes one line ``ERROR: ...`` in
        the log and on stderr. Every other exception passes, with its traceback in the log.
    """
    path = Path(log_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    root, package = logging.getLogger(), logging.getLogger("seqcast")
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT))
    level = package.level
    root.addHandler(handler)
    package.setLevel(logging.INFO)
    try:
        with written_by(_rule_of(path)):
            yield
    except InputError as error:
        line = f"ERROR: {' '.join(str(error).split())}"
        handler.setFormatter(logging.Formatter())
        handler.handle(logging.makeLogRecord({"msg": line, "levelno": logging.ERROR}))
        sys.stderr.write(f"{line}\n")
        raise SystemExit(USER_ERROR) from None
    except Exception:
        package.exception("the job failed")
        raise
    finally:
        package.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def _rule_of(log_path: Path) -> str:
    """The folder or file right below the last folder ``logs``; none without such a folder."""
    parts = log_path.with_suffix("").parts
    return next((b for a, b in reversed(list(pairwise(parts))) if a == "logs"), "")
