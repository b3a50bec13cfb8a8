"""Programs of others: found or named, piped without a shell, failures told."""

import sys
from pathlib import Path

import pytest

from seqcast.core import programs
from seqcast.core.errors import InputError
from seqcast.core.programs import PROGRAMS, Program, find, run, version


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Make programs of Python text that are on the PATH."""

    def make(name: str, text: str, **fields: str) -> None:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!{sys.executable}\nimport sys\n{text}\n")
        path.chmod(0o755)
        monkeypatch.setitem(PROGRAMS, name, Program("made-up", "make it", **fields))
        monkeypatch.setenv("PATH", str(path.parent))

    return make


def test_missing_program_is_named_with_its_packages(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(InputError, match=r"bowtie2 is not on the PATH.*Debian package bowtie2\.$"):
        find("bowtie2")
    with pytest.raises(InputError, match=r"run with --sdm conda \(bioconda's bowtie2\)"):
        find("bowtie2")
    with pytest.raises(InputError, match=r"pyfgs is not .* PATH; install PyPI's pyfgs.*left out"):
        run(["pyfgs", "reads.fasta"])


def test_programs_beside_the_running_python_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "pyrodigal").write_text("#!/bin/sh\n")
    (tmp_path / "pyrodigal").chmod(0o755)
    assert find("pyrodigal") == str(tmp_path / "pyrodigal")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("/envs/py3.11/bin/bowtie2-align-s version 2.5.1\\n64-bit", "2.5.1"),
        ("bedtools v2.30.0", "2.30.0"),
        ("samtools 1.16.1\\nUsing htslib 1.16", "1.16.1"),
        ("tool: 2.12.0+", "2.12.0"),
        ("usage: reads with about 0.5% error", "unknown"),
    ],
)
def test_version_is_read_from_what_a_program_tells(fake, told, expected):
    name = told.split()[0].rstrip(":")
    name = name if name in ("samtools", "tool") else "bowtie2"
    fake(name, f"sys.stderr.write('{told}')")
    assert version(name) == expected


def test_version_of_a_program_that_does_not_tell_is_that_of_its_conda_package(fake, tmp_path):
    fake("FragGeneScan", "sys.exit('never asked')", ask_version="")
    assert version("FragGeneScan") == "unknown"
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "conda-meta/made-up-1.32-h7b50bb2_0.json").write_text("{}")
    assert version("FragGeneScan") == "1.32"


def test_output_goes_through_the_pipe_into_the_file(fake, tmp_path):
    fake("letters", "sys.stdout.write('b a c' + sys.argv[1])")
    fake("sorter", "print(sorted(sys.stdin.read().split()))")
    cost = run(["letters", " $HOME;`x`"], ["sorter"], output=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "['$HOME;`x`', 'a', 'b', 'c']\n"  # no shell
    assert cost.wall_s > 0
    assert cost.cpu_s > 0


def test_what_programs_say_is_in_the_log(fake, caplog):
    fake("talker", "sys.stderr.write('warm\\ncold\\n'); print('and more')")
    with caplog.at_level("INFO"):
        run(["talker", "one two"])
    assert "    cold" in caplog.messages
    assert "    and more" in caplog.messages  # nobody else takes it


def test_a_failure_names_program_status_and_last_lines(fake):
    fake("bad", "sys.stderr.write('\\n'.join(map(str, range(30)))); sys.exit(3)")
    with pytest.raises(InputError, match=r"bad ended with status 3: 22 \| 23 .* \| 29\. Check"):
        run(["bad"])
    fake("silent", "sys.exit(1)")
    with pytest.raises(InputError, match="silent ended with status 1: it said nothing"):
        run(["silent"])


def test_the_first_cause_comes_before_the_one_that_lost_its_reader(fake):
    fake(
        "writer",
        "import signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL)\nwhile True: print('x' * 9999)",
    )
    fake("reader", "sys.stdin.read(1); sys.exit('disk full')")
    with pytest.raises(InputError, match=r"^reader ended with status 1: disk full; writer"):
        run(["writer"], ["reader"])


def test_a_failure_early_in_the_pipe_is_not_hidden_by_a_later_success(fake, tmp_path):
    fake("broken", "print('half'); sys.exit(2)")
    fake("copy", "sys.stdout.write(sys.stdin.read())")
    with pytest.raises(InputError, match="broken ended with status 2"):
        run(["broken"], ["copy"], output=tmp_path / "out")


def test_nothing_is_left_running_where_one_cannot_start(fake, tmp_path, monkeypatch):
    fake("sleeper", "import time; time.sleep(60)")
    started = []
    popen = programs.subprocess.Popen

    def start(command, **options):
        if str(command[0]).endswith("/nothing"):
            raise OSError("cannot start")
        started.append(popen(command, **options))
        return started[-1]

    fake("nothing", "")
    monkeypatch.setattr(programs.subprocess, "Popen", start)
    with pytest.raises(OSError, match="cannot start"):
        run(["sleeper"], ["nothing"])
    assert [process.returncode is not None for process in started] == [True]


def test_paths_are_taken_as_arguments(fake, tmp_path):
    fake("where", "import os; print(os.getcwd(), sys.argv[1])")
    run(["where", Path("a b")], output=tmp_path / "out", cwd=tmp_path)
    assert (tmp_path / "out").read_text().strip() == f"{tmp_path} a b"
