"""Many runs of Snakemake by one process: ``python -m tests.workflow.snakemakes``.

To start Python and to import Snakemake takes longer than most plans do. This process does it once,
and forks a child for each line of stdin (JSON: arguments, environment, files for stdout and stderr),
which is as ``python -m snakemake`` with these arguments. It answers with the exit status.
"""

import json
import os
import subprocess
import sys
import traceback
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]


class Snakemakes:
    """The process, seen from a test."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(
        self, arguments: list[str], environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake to its end."""
        asking, answering = self.process.stdin, self.process.stdout
        assert asking is not None
        assert answering is not None
        with TemporaryDirectory() as folder:
            told = [Path(folder) / name for name in ("stdout", "stderr")]
            print(json.dumps([arguments, environment, *map(str, told)]), file=asking, flush=True)
            status = int(answering.readline())
            return subprocess.CompletedProcess(arguments, status, *(p.read_text() for p in told))


@cache
def snakemakes() -> Snakemakes:
    """The process of this worker, which ends with it: then its stdin does."""
    return Snakemakes()


def run(arguments: list[str], environment: dict[str, str], stdout: str, stderr: str) -> int:
    """Run Snakemake in a child: its exit status, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            become(environment, stdout, stderr)
            main(arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def become(environment: dict[str, str], stdout: str, stderr: str) -> None:
    """Make this process one that was started with an environment and files for what it prints."""
    for path, number in ((os.devnull, 0), (stdout, 1), (stderr, 2)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    searched = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[1:1] = searched
    sys.argv = ["snakemake"]


if __name__ == "__main__":
    from snakemake.cli import get_argument_parser, main

    import seqcast.genome.time_courses
    import seqcast.plan.run
    import seqcast.plan.slurm  # noqa: F401 - as a start does, which is what a child saves

    get_argument_parser()  # imports plugins
    for line in sys.stdin:
        print(run(*json.loads(line)), flush=True)
