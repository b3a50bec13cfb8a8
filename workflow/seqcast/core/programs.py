"""Run programs of others: found, or named with the package that brings them; joined by pipes."""

import logging
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from seqcast.core.errors import InputError

logger = logging.getLogger(__name__)

TAIL_LINES = 8  # of what a program said before it failed
Command = Sequence[str | Path]


@dataclass(frozen=True)
class Program:
    """Where a program comes from, and how it says its version."""

    conda: str  # package of bioconda; empty if there is none
    elsewhere: str  # what to do without conda
    ask_version: str = "--version"  # empty where it does not tell
    comparator: bool = False  # a gene finder, which the benchmark can do without


PROGRAMS = {
    "bowtie2": Program("bowtie2", "install the Debian package bowtie2"),
    "bowtie2-build": Program("bowtie2", "install the Debian package bowtie2"),
    "samtools": Program("samtools", "install the Debian package samtools"),
    "bedtools": Program("bedtools", "install the Debian package bedtools"),
    "makeblastdb": Program("blast", "install the Debian package ncbi-blast+", "-version"),
    "tblastn": Program("blast", "install the Debian package ncbi-blast+", "-version"),
    "FragGeneScan": Program(
        "fraggenescan", "build it: it is in no Debian package", ask_version="", comparator=True
    ),
    "pyrodigal": Program("pyrodigal", "install PyPI's pyrodigal", comparator=True),
    "pyfgs": Program(
        "", "install PyPI's pyfgs in a Python 3.12 of its own and put it there", comparator=True
    ),
}


class Cost(NamedTuple):
    """What a run took."""

    wall_s: float
    cpu_s: float  # of the programs and their children, all cores together


def find(name: str) -> str:
    """Path of a program: on the PATH, or next to the running Python, where pip puts programs.

    Raises
    ------
    InputError
        If it is at neither place; the message names the packages that bring it.
    """
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    if found := shutil.which(name, path=places):
        return found
    program = PROGRAMS[name]
    ways = [f"run with --sdm conda (bioconda's {program.conda})"] if program.conda else []
    spare = " A comparator can also be left out of read_benchmark.comparators in the config."
    raise InputError(
        f"the program {name} is not on the PATH; {' or '.join([*ways, program.elsewhere])}."
        f"{spare if program.comparator else ''}"
    )


def version(name: str) -> str:
    """The version that a program tells, or that its conda package has; else "unknown"."""
    program, path = PROGRAMS[name], Path(find(name))
    if not program.ask_version:
        records = (path.parent.parent / "conda-meta").glob(f"{program.conda}-[0-9]*.json")
        builds = (record.name.removeprefix(f"{program.conda}-") for record in records)
        return next((build.split("-")[0] for build in builds), "unknown")
    told = subprocess.run(
        [path, program.ask_version],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    number = re.search(rf"(?:version|\bv|{name}:?) *v?(\d+(\.\d+)+)", told.stdout + told.stderr)
    return number[1] if number else "unknown"


def run(*commands: Command, output: str | Path | None = None, cwd: Path | None = None) -> Cost:
    """Run programs, each reading what the one before writes; no shell takes part.

    Parameters
    ----------
    *commands : sequence of str or path
        A program, by its name in `PROGRAMS`, and its arguments.
    output : path, optional
        Takes what the last one writes. Default: the log.
    cwd : path, optional
        Folder to run in.

    Returns
    -------
    Cost

    Raises
    ------
    InputError
        If a program is missing or one fails: which, its status, and the last lines it said.
    """
    found = [[find(str(command[0])), *map(str, command[1:])] for command in commands]
    started, children = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with ExitStack() as stack:
        said = [stack.enter_context(TemporaryFile()) for _ in found]
        sink: IO[bytes] = stack.enter_context(Path(output).open("wb")) if output else said[-1]
        statuses = _run_chain(found, said, sink, cwd)
        texts = [_text(file) for file in said]
    for command, text in zip(found, texts, strict=True):
        logger.info("%s", " ".join(command))
        for line in text.splitlines():
            logger.info("    %s", line)
    _stop_if_failed(found, statuses, texts)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = ended.ru_utime + ended.ru_stime - children.ru_utime - children.ru_stime
    return Cost(time.monotonic() - started, cpu_s)


def _run_chain(
    commands: Sequence[Sequence[str]], said: Sequence[IO[bytes]], sink: IO[bytes], cwd: Path | None
) -> list[int]:
    """Start all, wait for all; exit statuses. Whatever happens, none is left running."""
    running: list[subprocess.Popen[bytes]] = []
    try:
        for i, (command, errors) in enumerate(zip(commands, said, strict=True)):
            is_last = i == len(commands) - 1
            process = subprocess.Popen(
                command, cwd=cwd, stderr=errors,
                stdin=running[-1].stdout if running else subprocess.DEVNULL,
                stdout=sink if is_last else subprocess.PIPE,
            )  # fmt: skip
            if running and running[-1].stdout:
                running[-1].stdout.close()  # so that it hears when the next one stops reading
            running.append(process)
        return [process.wait() for process in running]
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def _stop_if_failed(
    commands: Sequence[Sequence[str]], statuses: Sequence[int], texts: Sequence[str]
) -> None:
    """Raise for the programs that failed; one that only lost its reader is named last."""
    failed = [
        (status == -signal.SIGPIPE, Path(command[0]).name, status, text)
        for command, status, text in zip(commands, statuses, texts, strict=True)
        if status
    ]
    if failed:
        told = "; ".join(
            f"{name} ended with status {status}: "
            + (" | ".join(text.strip().splitlines()[-TAIL_LINES:]) or "it said nothing")
            for _, name, status, text in sorted(failed, key=lambda item: item[0])
        )
        raise InputError(f"{told}. Check its input files; the log has the whole command.")


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
