"""Patterns and numbers of outputs are held against tables of tracks before a run."""

import pytest

from seqcast.core.errors import InputError
from seqcast.plan.tracks import check_outputs, check_pattern, tracks_digest

HEADER = "\tidentifier\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "targets.tsv"
    rows = [f"{i}\tt{i}\t384\t1\tsum\t{i}\tRNA:liver {i}\n" for i in (0, 2)]
    path.write_text(HEADER + "".join(rows))
    return path


def test_what_fits_passes(table, tmp_path):
    check_pattern("report.tracks", "^RNA:liver [2]", table)
    check_pattern("report.tracks", "", table)
    check_outputs(table, 3, "head human")
    check_outputs(table, 12, "head human")
    unfit = tmp_path / "unfit.tsv"
    unfit.write_text("no table")
    for path in (tmp_path / "to_be_made.tsv", unfit):  # its job says what is wrong
        check_pattern("report.tracks", "(", path)
        check_outputs(path, 1, "head human", all_of_them=True)


def test_a_pattern_that_finds_nothing_is_named_with_its_key(table):
    with pytest.raises(
        InputError, match=r"^report.tracks: '\^DNASE' matches none of the 2 track.*tsv"
    ):
        check_pattern("report.tracks", "^DNASE", table)
    with pytest.raises(InputError, match=r"^report.tracks: '\(' is not a regular expression"):
        check_pattern("report.tracks", "(", table)


def test_outputs_that_a_head_does_not_have(table):
    with pytest.raises(InputError, match=r"names output 2, head human has 2 units"):
        check_outputs(table, 2, "head human")
    with pytest.raises(InputError, match=r"has 2 tracks, head human has 3 units"):
        check_outputs(table, 3, "head human", all_of_them=True)


def test_descriptions_are_no_number(table):
    first, text = tracks_digest(table), table.read_text()
    table.write_text(text.replace("RNA:liver", "RNA:kidney"))
    assert tracks_digest(table) == first
    table.write_text(text.replace("384", "32"))
    assert tracks_digest(table) != first
