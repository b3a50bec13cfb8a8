"""What processes that `launch` starts do in tests: they end well, badly, or not by themselves.

python -m tests.seqcast.training.launch_jobs FOLDER    (starts two that wait)
"""

import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

from seqcast.core.errors import InputError

LONG_S = 600  # tests fail by then
KEYS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR")


def report(folder: str, text: str) -> None:
    """Write down who one is and what one was told, and log it."""
    rank = os.environ["RANK"]
    found = {"text": text, **{key: os.environ[key] for key in KEYS}}
    (Path(folder) / f"{rank}.json").write_text(json.dumps(found))
    sys.stdout.write("a library's chatter")
    logging.getLogger("seqcast.predict").info("process %s has %r", rank, text)
    if rank == "1":
        logging.getLogger("seqcast.predict").error("the second one's trouble")


def fail(how: str, rank: str) -> None:
    """One process fails in some way; the others wait for it."""
    if os.environ["RANK"] != rank:
        wait(None)
    elif how == "input":
        raise InputError("the table is 3 rows long; expected 4, add one")
    elif how == "bug":
        raise KeyError("missing")
    elif how == "exit":
        sys.stderr.write("a library's last words\n")
        sys.stderr.flush()
        os._exit(7)
    os.kill(os.getpid(), signal.SIGKILL)


def mourn(folder: str) -> None:
    """The second process is killed for want of memory; the first one fails as it lost it."""
    gone = Path(folder) / "gone"
    if os.environ["RANK"] == "1":
        gone.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    while not gone.exists():
        time.sleep(0.01)
    time.sleep(0.2)  # longer than a process takes to die
    raise RuntimeError("Connection closed by peer")


def wait(folder: str | None) -> None:
    """Never end."""
    if folder:
        (Path(folder) / f"{os.environ['RANK']}.pid").write_text(str(os.getpid()))
    time.sleep(LONG_S)


if __name__ == "__main__":
    from seqcast.training.launch import run_together
    from tests.seqcast.training import launch_jobs

    run_together(launch_jobs.wait, {"folder": sys.argv[1]}, 2)
