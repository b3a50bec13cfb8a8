"""Files of jobs: from what Snakemake hands over to the fields of a NamedTuple."""

from pathlib import Path
from typing import NamedTuple

import pytest
from snakemake.iocontainers import InputFiles

from seqcast.core.job_files import named_files


class Wanted(NamedTuple):
    """One file, several, and two that may be missing."""

    genome: str | Path
    folds: tuple[str | Path, ...]
    clusters: str | Path | None = None
    learned: tuple[str | Path, ...] = ()


def given(**files: str | list[str]) -> InputFiles:
    """``snakemake.input`` of a rule with these inputs."""
    paths, found = [], InputFiles()
    places = {}
    for name, value in files.items():
        start = len(paths)
        paths += [value] if isinstance(value, str) else value
        places[name] = (start, None if isinstance(value, str) else len(paths))
    found = InputFiles(paths)
    for name, (start, end) in places.items():
        found._set_name(name, start, end=end)
    return found


def test_one_path_and_several() -> None:
    found = named_files(Wanted, given(genome="g.fa", folds=["0", "1"], clusters="c.tsv"))
    assert found == Wanted("g.fa", ("0", "1"), "c.tsv", ())


def test_a_list_of_one_is_one_file_and_one_file_a_list() -> None:
    assert named_files(Wanted, given(genome=["g.fa"], folds="0")) == Wanted("g.fa", ("0",))


def test_an_empty_list_is_no_file() -> None:
    found = named_files(Wanted, given(genome="g", folds=[], clusters=[], learned=[]))
    assert found == Wanted("g", ())


def test_a_file_that_is_no_field_is_told_unless_it_is_declared() -> None:
    files = given(genome="g", folds="0", index="g.fai")
    with pytest.raises(TypeError, match="index is no field of Wanted, and nothing would read it"):
        named_files(Wanted, files)
    assert named_files(Wanted, files, beside=("index", "other")) == Wanted("g", ("0",))
    with pytest.raises(TypeError, match="digests is no field"):
        named_files(Wanted, given(genome="g", folds="0", digests=[]))


def test_mistakes_are_told() -> None:
    with pytest.raises(TypeError, match="'genome'"):
        named_files(Wanted, given(folds="0"))
    with pytest.raises(TypeError, match="genome has 2 files; expected one"):
        named_files(Wanted, given(genome=["a", "b"], folds="0"))
