"""Several processes of one training on one machine, started, heard and ended together.

torch's own launchers are not used: their ``spawn`` runs the main program once more, which in the
workflow is the job itself, and ``torchrun`` tells a mistake of the user in a traceback a process.
What they put into the environment is the same (see `training.parallel`).
"""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any

import torch.distributed as dist

import seqcast
from seqcast.core.errors import InputError
from seqcast.training import worker

HOST = "127.0.0.1"
GRACE_S = 10  # in which processes end that are told to
TAIL_BYTES = 2000  # of what a process wrote to stderr, where it died without a word


def run_together(job: Callable[..., None], arguments: Mapping[str, Any], processes: int) -> None:
    """Call a function in several new processes, and wait until all are done.

    All end if one fails, or if this process ends, however it does. What the first one logs is
    logged here, and it has this process's stderr; of the others, only errors are logged.

    Parameters
    ----------
    job : callable
        A function of a module that can be imported; it uses `parallel.session`.
    arguments : mapping of str
        Its arguments, all of them JSON.
    processes : int

    Raises
    ------
    InputError
        If a process raises it; the message is that of the first one.
    RuntimeError
        If a process fails otherwise; the message has its traceback, or the signal that ended it.
    """
    # where they find each other, at a port that is free
    store = dist.TCPStore(HOST, 0, is_master=True, wait_for_workers=False)
    heard: _Heard = SimpleQueue()
    started: list[_Process] = []
    try:
        for rank in range(processes):
            started.append(_Process(rank, processes, store.port, heard))
            level = logging.getLogger("seqcast").getEffectiveLevel() if rank == 0 else logging.ERROR
            started[-1].tell(
                {"module": job.__module__, "function": job.__name__, "log_level": level,
                 "arguments": arguments}
            )  # fmt: skip
        _watch(started, heard)
    finally:
        for process in started:
            process.close()
        for process in started:
            process.end()


class _Process:
    """A process that is running; what it says goes to `heard`, and None when it is gone."""

    def __init__(self, rank: int, processes: int, port: int, heard: "_Heard") -> None:
        self.name = f"process {rank + 1} of {processes}"
        # of the first one it is this process's
        self.stderr: IO[bytes] | None = (
            tempfile.TemporaryFile() if rank else None  # noqa: SIM115 - `end` closes it
        )
        path = [str(Path(seqcast.__path__[0]).parent), os.environ.get("PYTHONPATH", "")]
        self.running = subprocess.Popen(
            [sys.executable, "-P", "-m", worker.__name__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr, text=True,
            encoding="utf-8",
            env={**os.environ, "WORLD_SIZE": str(processes), "RANK": str(rank),
                 "LOCAL_RANK": str(rank), "MASTER_ADDR": HOST, "MASTER_PORT": str(port),
                 "TORCHELASTIC_USE_AGENT_STORE": "True",  # this process has the store
                 "PYTHONPATH": os.pathsep.join(filter(None, path))},
        )  # fmt: skip
        self.ear = Thread(target=self._hear, args=(heard,), daemon=True)
        self.ear.start()

    def tell(self, task: Mapping[str, Any]) -> None:
        """Say what to do."""
        assert self.running.stdin
        with suppress(BrokenPipeError):  # it is gone, and `_watch` says why
            self.running.stdin.write(f"{json.dumps(task, default=str)}\n")
            self.running.stdin.flush()

    def _hear(self, heard: "_Heard") -> None:
        assert self.running.stdout
        with self.running.stdout as lines:
            for line in lines:
                if line.endswith("\n"):  # else it was killed while it said this
                    heard.put((self, json.loads(line)))
        heard.put((self, None))

    def close(self) -> None:
        """Tell the process to end."""
        assert self.running.stdin
        with suppress(BrokenPipeError):
            self.running.stdin.close()

    def end(self) -> None:
        """Wait for the end, or force it."""
        try:
            self.running.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()
        self.ear.join()
        if self.stderr:
            self.stderr.close()

    def last_words(self) -> str:
        """The end of its stderr."""
        if self.stderr is None:
            return "its last words are on stderr"
        self.stderr.seek(max(0, self.stderr.seek(0, os.SEEK_END) - TAIL_BYTES))
        return self.stderr.read().decode(errors="replace").strip() or "it said nothing"


_Heard = SimpleQueue[tuple[_Process, dict[str, Any] | None]]


def _watch(started: list[_Process], heard: _Heard) -> None:
    """Log what the processes log until all have ended; raise what went wrong first."""
    running = len(started)
    reasons: list[tuple[_Process, dict]] = []
    ended: list[_Process] = []
    while running:
        try:
            process, message = heard.get(timeout=GRACE_S if ended else None)
        except Empty:
            break  # one hangs
        if message is None:
            running -= 1
            if process.running.wait():
                ended.append(process)
                for other in started:
                    other.close()
        elif "log" in message:
            record = logging.makeLogRecord(message["log"])
            logging.getLogger(record.name).handle(record)
        else:
            reasons.append((process, message))
    if ended:
        raise _error(reasons, ended)


def _error(reasons: list[tuple[_Process, dict]], ended: list[_Process]) -> Exception:
    """The cause among what was heard: a process that lost another one fails too, but later."""
    for _, message in reasons:
        if "input_error" in message:
            return InputError(message["input_error"])
    for process in ended:
        number = -process.running.returncode
        if number > 0 and number != signal.SIGABRT:  # NCCL aborts where it lost another process
            return RuntimeError(
                f"{process.name} was ended by {signal.Signals(number).name} (SIGKILL is often for "
                f"want of memory); {process.last_words()}"
            )
    for process, message in reasons:
        return RuntimeError(f"{process.name} failed:\n{message['error']}")
    status = ended[0].running.returncode
    return RuntimeError(f"{ended[0].name} ended with status {status}; {ended[0].last_words()}")
