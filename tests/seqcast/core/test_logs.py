"""A user's mistake is one line; any other failure keeps its traceback; logging is left as found."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.core.logs import reporting


def test_package_messages_go_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "job.log"
    with reporting(str(path)):
        logging.getLogger("seqcast.core.download").info("42 bytes")
        logging.getLogger("matplotlib").info("chatter")
        logging.getLogger("matplotlib").warning("no such font")
    lines = path.read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        "INFO seqcast.core.download: 42 bytes",
        "WARNING matplotlib: no such font",
    ]


def test_mistake_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "job.log"
    with pytest.raises(SystemExit) as stop, reporting(path):
        raise InputError("chrom 'chrZ' is not in\n  genome.fa; rename it")
    assert stop.value.code == 2
    expected = "ERROR: chrom 'chrZ' is not in genome.fa; rename it\n"
    assert path.read_text() == expected
    assert capsys.readouterr().err == expected


def test_other_errors_pass_with_their_traceback(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    with pytest.raises(KeyError, match="gene_id"), reporting(path):
        raise KeyError("gene_id")
    text = path.read_text()
    assert "ERROR seqcast: the job failed\nTraceback (most recent call last):" in text
    assert text.endswith("KeyError: 'gene_id'\n")


def test_logging_is_left_as_found(tmp_path: Path) -> None:
    root, package = logging.getLogger(), logging.getLogger("seqcast")
    before = (list(root.handlers), package.level)
    with pytest.raises(SystemExit), reporting(tmp_path / "job.log"):
        raise InputError("x")
    assert (root.handlers, package.level) == before


def test_garbage_is_collected_again_once_a_job_has_its_imports() -> None:
    # as in a script, which Snakemake gives its object before the first line
    job = "snakemake = None; import gc; from seqcast.core.logs import reporting; "
    job += "paused = not gc.isenabled()\nwith reporting('/dev/null'): print(paused, gc.isenabled())"
    ran = subprocess.run([sys.executable, "-c", job], capture_output=True, text=True, check=True)
    assert ran.stdout == "True True\n"
