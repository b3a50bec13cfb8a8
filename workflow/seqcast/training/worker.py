"""A process of a training that `training.launch` started: python -m seqcast.training.worker.

It reads what to do from stdin, a line of JSON, and says on stdout what it logs and why it failed, a
line of JSON each. It ends when stdin closes, so it never outlives the process that started it.
"""

import importlib
import json
import logging
import os
import signal
import sys
import traceback
from logging.handlers import QueueHandler
from threading import Thread
from typing import Any

from seqcast.core.errors import InputError

FAILED = 1  # exit status


class _Voice:
    """Writes to stdout; what anything else prints there goes to stderr."""

    def __init__(self) -> None:
        self.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def say(self, **message: Any) -> None:
        """Write a line."""
        self.stdout.write(json.dumps(message, default=str) + "\n")
        self.stdout.flush()

    def put_nowait(self, record: logging.LogRecord) -> None:
        """Say a record of a `QueueHandler`, which has put its arguments into the message."""
        self.say(log=vars(record))


def main() -> None:
    """Do what stdin says."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; who started this one decides
    voice = _Voice()
    task = json.loads(sys.stdin.readline() or "null")
    if task is None:
        return
    Thread(target=_end_with_stdin, daemon=True).start()
    logging.getLogger().addHandler(QueueHandler(voice))  # type: ignore[arg-type]
    logging.getLogger("seqcast").setLevel(task["log_level"])
    try:
        job = getattr(importlib.import_module(task["module"]), task["function"])
        job(**task["arguments"])
    except InputError as error:
        voice.say(input_error=str(error))
    except Exception:
        voice.say(error=traceback.format_exc())
    else:
        return
    os._exit(FAILED)  # an orderly end could wait for the other processes


def _end_with_stdin() -> None:
    # not through sys.stdin, whose lock a thread must not hold when Python ends
    while os.read(0, 1):
        pass
    os._exit(FAILED)


if __name__ == "__main__":
    main()
