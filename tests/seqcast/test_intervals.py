"""Windows over regions."""

import polars as pl
import pytest

from seqcast.errors import InputError
from seqcast.intervals import BED, read_bed, tile_regions


def regions(*rows):
    return pl.DataFrame(rows, schema=BED, orient="row")


@pytest.mark.parametrize(("region", "tiles"), [
    ((100, 200), [(100, 200)]),  # exactly one output
    ((100, 160), [(80, 180)]),  # shorter: in the middle
    ((10, 11), [(-39, 61)]),  # at the contig's start: the window begins before it
    ((0, 250), [(0, 100), (100, 200), (200, 300)]),  # longer: tiled from its start
])  # fmt: skip
def test_tiles(region, tiles):
    found = tile_regions(regions(("chr1", *region)), {"chr1": 1000}, 100)
    assert [row[1:] for row in found.iter_rows()] == tiles


def test_regions_outside_the_genome_are_refused():
    with pytest.raises(InputError, match=r"chr1:900-1001 is not inside the genome.*1000 bp"):
        tile_regions(regions(("chr1", 900, 1001)), {"chr1": 1000}, 100)
    with pytest.raises(InputError, match="'1' has no bp"):
        tile_regions(regions(("1", 1, 10)), {"chr1": 1000}, 100)


def test_bed_headers_are_skipped(tmp_path):
    (tmp_path / "a.bed").write_text("track name=x\n#c\nchr1\t5\t9\tname\n\n")
    assert read_bed(tmp_path / "a.bed").rows() == [("chr1", 5, 9)]


@pytest.mark.parametrize(("line", "message"), [
    ("chr1 5 9", "line 1: 'chr1 5 9'; expected contig, start and end"),
    ("chr1\t5\tx", "line 1"),
    ("chr1\t9\t5", "interval 9-5; expected 0 <= start < end"),
])  # fmt: skip
def test_broken_lines_are_named(tmp_path, line, message):
    (tmp_path / "a.bed").write_text(line + "\n")
    with pytest.raises(InputError, match=message):
        read_bed(tmp_path / "a.bed")
