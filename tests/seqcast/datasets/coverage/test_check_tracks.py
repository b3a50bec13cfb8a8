"""A model's table of tracks against what it will learn."""

from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.check_tracks import check_tracks

HEADER = "\tidentifier\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"


def table(path: Path, *rows: tuple[int, str]) -> Path:
    lines = [f"{i}\t{name}\t384\t1\tsum\t{i}\t\n" for i, name in rows]
    path.write_text(HEADER + "".join(lines))
    return path


def test_outputs_are_the_rows_of_the_set(tmp_path: Path) -> None:
    learned = table(tmp_path / "set.tsv", (9, "a"), (5, "b"), (7, "c"))
    check_tracks(learned, table(tmp_path / "own.tsv", (2, "c"), (0, "a")), tmp_path / "found.tsv")
    assert (tmp_path / "found.tsv").read_text() == "output\tidentifier\n0\ta\n1\tb\n2\tc\n"


def test_another_order_is_refused(tmp_path: Path) -> None:
    learned = table(tmp_path / "set.tsv", (0, "a"), (1, "b"))
    own = table(tmp_path / "own.tsv", (0, "b"), (1, "a"))
    with pytest.raises(InputError, match=r"own\.tsv: output 0 is 'b'; expected 'a'"):
        check_tracks(learned, own, tmp_path / "found.tsv")
    assert not (tmp_path / "found.tsv").exists()
