"""The Python of an original is found where it is named, or what is missing is said."""

import json
import sys

import pytest

from seqcast.core.errors import InputError
from seqcast.models.originals import Original, find_python, original_outputs, run_original

HERE = Original("Torch", "torch", "program.py", "pip install torch")
NOWHERE = Original("Nothing", "no_such_package", "program.py", "pip install nothing==1")


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv("SEQCAST_VERIFY_PYTHON", raising=False)


def test_the_running_python_is_taken_where_it_has_the_package():
    assert find_python(HERE) == sys.executable


def test_a_named_python_is_tried(monkeypatch):
    named = Original("JSON", "json", "program.py", "")
    assert find_python(named, sys.executable) == sys.executable
    monkeypatch.setenv("SEQCAST_VERIFY_PYTHON", sys.executable)
    assert find_python(named) == sys.executable
    with pytest.raises(InputError, match=rf"{sys.executable} has no package no_such_package; pip"):
        find_python(NOWHERE)
    with pytest.raises(InputError, match="cannot be run as a Python: No such file"):
        find_python(NOWHERE, "/nonexistent/python")


def test_without_one_it_is_said_how_to_get_it(tmp_path):
    job = {"original": {"name": "Nothing", "package": "no_such_package", "program": "p.py",
                        "remedy": "pip install nothing==1"}}  # fmt: skip
    (tmp_path / "job.json").write_text(json.dumps(job))
    original_outputs(tmp_path / "job.json", tmp_path / "out.npz")
    said = json.loads((tmp_path / "out.npz").read_text())["not_possible"]
    assert said.startswith("cannot be verified here: a Python with Nothing is needed, and none")
    assert "pip install nothing==1 in an environment of its own, and name its Python by" in said


def test_a_reason_is_passed_on(tmp_path):
    (tmp_path / "job.json").write_text('{"not_possible": "it is ours"}')
    original_outputs(tmp_path / "job.json", tmp_path / "out.npz")
    assert json.loads((tmp_path / "out.npz").read_text()) == {"not_possible": "it is ours"}


def test_an_original_has_the_threads_of_the_job(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys; open(sys.argv[2], 'w').write(os.environ['OMP_NUM_THREADS'])"
    )
    original = Original("Here", "json", str(program), "")
    run_original(original, tmp_path / "job.json", tmp_path / "out", sys.executable, threads=3)
    assert (tmp_path / "out").read_text() == "3"
