"""Programs of others that a network is checked against, each run by a Python that has it.

A network that has an original says so in its class: ``original``, an `Original`, and
``for_original``, which gives the file of weights that the original reads. Here, as in the programs,
nothing is imported but Python's own modules: environments of originals have not those of seqcast.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from seqcast.core.errors import InputError

PYTHON_VARIABLE = "SEQCAST_VERIFY_PYTHON"
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
TAIL_LINES = 8  # of what a program said before it failed
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Original:
    """The program that a network was published with.

    Attributes
    ----------
    name : str
        As people write it.
    package : str
        What Python imports, and whose version tells the program's.
    program : str
        File below ``seqcast/models`` that runs it: ``program.py job.json outputs.npz``.
    remedy : str
        How to install it.
    """

    name: str
    package: str
    program: str
    remedy: str


TRANSFORMERS = Original(
    "transformers", "transformers", "transformers_original.py",
    "pip install transformers==5.23.0 torch",
)  # fmt: skip


def find_python(original: Original, given: str = "") -> str:
    """A Python that has an original: the one given, that of `PYTHON_VARIABLE`, or the running one.

    Raises
    ------
    InputError
        If there is none; the message says how to get one.
    """
    named = given or os.environ.get(PYTHON_VARIABLE, "")
    if not named and find_spec(original.package):
        return sys.executable
    if named and _has(named, original.package):
        return named
    where = f"{named} has no package {original.package}" if named else "none is named"
    raise InputError(
        f"cannot be verified here: a Python with {original.name} is needed, and {where}; "
        f"{original.remedy} in an environment of its own, and name its Python by --python, "
        f"verification.python in the config, or {PYTHON_VARIABLE}"
    )


def _has(python: str, package: str) -> bool:
    code = f"import sys; from importlib.util import find_spec; sys.exit(not find_spec({package!r}))"
    try:
        return (
            subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
        )
    except OSError as error:
        raise InputError(
            f"{python} cannot be run as a Python: {error.strerror}; name another one"
        ) from error


def run_original(original: Original, job: Path, path: Path, python: str, threads: int = 1) -> None:
    """Let an original predict what a job says.

    Parameters
    ----------
    job : path
        JSON: ``sequences``, ``weights``, ``published`` (whether the weights are a published file or
        tensors that ``for_original`` wrote), ``hyperparameters``, ``head``.
    path : path
        Takes the predictions (npz): ``output0``, ``output1`` ..., one a sequence, and ``told``,
        JSON of ``network`` and ``versions``.
    threads : int
        CPU threads.

    Raises
    ------
    InputError
        If the program fails: its last lines.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        made = Path(folder) / "outputs.npz"
        command = [python, str(FOLDER / original.program), str(job), str(made)]
        limits = dict.fromkeys(THREADS, str(threads))
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False,
            env={**os.environ, **limits},
        )  # fmt: skip
        if done.returncode:
            said = " | ".join(done.stderr.strip().splitlines()[-TAIL_LINES:])
            raise InputError(f"{original.name}, run by {python}, ended with status "
                             f"{done.returncode}: {said}")  # fmt: skip
        made.replace(path)


def original_outputs(job: str | Path, path: str | Path, python: str = "", threads: int = 1) -> None:
    """Let the original that a job names predict; where it cannot, `path` says why.

    Parameters
    ----------
    job : path
        JSON as for `run_original`, with ``original``, the fields of an `Original`.
    path : path
        As for `run_original`; or JSON of ``not_possible``, the reason.
    python : str
        One that has the original. Default: see `find_python`.
    threads : int
        CPU threads.
    """
    facts = json.loads(Path(job).read_text())
    try:
        if reason := facts.get("not_possible"):
            raise InputError(reason)
        original = Original(**facts["original"])
        run_original(original, Path(job), Path(path), find_python(original, python), threads)
    except InputError as error:
        Path(path).write_text(json.dumps({"not_possible": str(error)}))
