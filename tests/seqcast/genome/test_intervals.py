"""Windows over regions."""

import gzip

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.genome.intervals import (
    BED,
    check_inside,
    merge_intervals,
    merge_table,
    parse_region,
    read_bed,
    tile_regions,
)


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


def test_bed_may_be_gzip_whatever_its_name(tmp_path):
    text = b"#c\nchr1\t5\t9\r\n"
    for name, data in [("a.bed", gzip.compress(text)), ("a.bed.gz", text)]:
        (tmp_path / name).write_bytes(data)
        assert read_bed(tmp_path / name).rows() == [("chr1", 5, 9)]


def test_a_damaged_or_wrong_gzip_bed_is_named(tmp_path):
    path = tmp_path / "c.bed.gz"
    path.write_bytes(gzip.compress(b"a\t1\t2\n" * 9000)[:-20])
    with pytest.raises(InputError, match=r"c\.bed\.gz cannot be read to its end"):
        read_bed(path)
    path.write_bytes(gzip.compress(b"a\t2\t1\n"))
    with pytest.raises(InputError, match=r"c\.bed\.gz, line 1"):
        read_bed(path)


def test_intervals_of_another_genome_are_refused():
    contigs = {f"c{i}": 100 for i in range(6)}
    check_inside(regions(("c0", 0, 100), ("c5", 5, 6)), contigs, "x.bed")
    message = r"x\.bed has an interval that ends at 101 of 'c5', .*has 100 bp; .* c4, \.\.\.\. Use"
    with pytest.raises(InputError, match=message):
        check_inside(regions(("c0", 0, 1), ("c5", 7, 101), ("c5", 1, 2)), contigs, "x.bed")
    with pytest.raises(
        InputError, match="'chr1', of which the genome has no bp; its contigs are c0"
    ):
        check_inside(regions(("chr1", 0, 1)), contigs, "x.bed")


@pytest.mark.parametrize(("line", "message"), [
    ("chr1 5 9", "line 1: 'chr1 5 9'; expected contig, start and end"),
    ("chr1\t5\tx", "line 1"),
    ("chr1\t9\t5", "interval 9-5; expected 0 <= start < end"),
    ("chr1\t5\t1_000", "line 1: .* in digits only"),
    ("chr1\t5\t\u0661\u0662", "line 1: .* in digits only"),
    ("chr1\t5\t9" + "9" * 20, "line 1: .* at most 18 of them"),
    ("\t5\t9", "line 1"),
])  # fmt: skip
def test_broken_lines_are_named(tmp_path, line, message):
    (tmp_path / "a.bed").write_text(line + "\n")
    with pytest.raises(InputError, match=message):
        read_bed(tmp_path / "a.bed")


def test_contigs_named_like_a_line_for_a_browser_are_kept(tmp_path):
    text = "track name=x\nbrowser position c\ntrack5\t0\t9\nbrowserA \t 1\t9\n"
    (tmp_path / "a.bed").write_text(text)
    assert read_bed(tmp_path / "a.bed").rows() == [("track5", 0, 9), ("browserA", 1, 9)]


def test_union_on_several_contigs_against_sets_of_bases():
    rows = [("b", 5, 9), ("a", 7, 8), ("b", 1, 5), ("a", 2, 6), ("a", 5, 7), ("b", 20, 21)]
    found = merge_table(pl.DataFrame(rows, schema=["contig", "start", "end"], orient="row"))
    assert found.rows() == [("a", 2, 8), ("b", 1, 9), ("b", 20, 21)]
    bases = {(c, x) for c, start, end in rows for x in range(start, end)}
    assert {(c, x) for c, start, end in found.rows() for x in range(start, end)} == bases


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.integers(1, 9))))
def test_a_table_is_merged_as_its_contigs_are(drawn: list[tuple[str, int, int]]) -> None:
    rows = [(contig, start, start + length) for contig, start, length in drawn]
    schema = {"contig": pl.String, "start": pl.Int64, "end": pl.Int64}
    merged = merge_table(pl.DataFrame(rows, schema=schema, orient="row")).rows()
    expected = [(contig, *pair) for contig in "ab"
                for pair in merge_intervals(row[1:] for row in rows if row[0] == contig)]  # fmt: skip
    assert merged == expected


@pytest.mark.parametrize(("text", "region"), [
    ("chr1:1,001-1,500", ("chr1", 1000, 1500)),
    (" chr1:7-7 ", ("chr1", 6, 7)),
    ("HLA-A*01:01:1-20", ("HLA-A*01:01", 0, 20)),
])  # fmt: skip
def test_regions_are_those_of_genome_browsers(text, region):
    assert parse_region(text) == region


@pytest.mark.parametrize(
    "text", ["chr1", "chr1:5", "chr1:0-5", "chr1:6-5", ":1-5", "chr1:a-b", "chr1:,-5"]
)
def test_what_is_no_region_is_told(text):
    with pytest.raises(InputError, match="expected contig:start-end"):
        parse_region(text)
