"""Commands, what they print and how they end, as text: a file of `transcripts/` per command.

After an intended change, ``SEQCAST_REWRITE=1 pytest tests/seqcast/cli/test_transcripts.py`` writes them again; the old
ones stay next to them, with ``.old`` behind their names, for a comparison. Numbers may differ in their last digits.
"""

import os
import re
import shlex
from pathlib import Path

import pytest

from seqcast.cli import COMMANDS, main, work
from seqcast.genome.fasta import Genome
from tests.printed import assert_near
from tests.seqcast.genome.small_files import write_files

FOLDER = Path(__file__).parent / "transcripts"
CASES = sorted(FOLDER.glob("*.txt"))
REWRITE = os.environ.get("SEQCAST_REWRITE") == "1"
OF_MACHINE = re.compile("attention: ")  # the form that is chosen on this machine
NEAR = 2e-3  # of numbers, in units of one or of themselves


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Small files of the names that the transcripts use."""
    folder = tmp_path_factory.mktemp("desk")
    files = write_files(folder)
    files.vcf.rename(folder / "variants.vcf")
    with Genome(files.genome):  # makes its index
        pass
    (folder / "known.vcf").write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t5\trs7\tA\tC\nchr2\t9\trs7\tA\tC\n"
    )
    (folder / "empty_run").mkdir()
    return folder


def replay(command, capsys):
    """What a command prints, and how it ends."""
    status = main(shlex.split(command)[1:])
    out, err = capsys.readouterr()
    text = "".join(f"{line.rstrip()}\n" for line in out.splitlines())
    told = "".join(f"{line.rstrip()}\n" for line in err.splitlines() if not OF_MACHINE.match(line))
    return (
        f"$ {command}\n{text}{'[standard error]' + chr(10) if told else ''}{told}[exit {status}]\n"
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_command_prints_what_its_transcript_says(path, desk, monkeypatch, capsys):
    monkeypatch.chdir(desk)
    monkeypatch.setattr(work, "FEW", 1000)  # no samples are timed
    for name, value in {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    expected = path.read_text()
    found = replay(expected.splitlines()[0].removeprefix("$ "), capsys)
    if REWRITE and found != expected:
        path.rename(f"{path}.old")
        path.write_text(found)
    elif not REWRITE:
        assert_near(found, expected, NEAR)


def test_each_command_has_its_help():
    assert {f"help-{name}" for name in COMMANDS} <= {path.stem for path in CASES}
