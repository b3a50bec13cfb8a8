"""DNABERT's tables and predictions, byte for byte as its own script reads and writes them."""

import csv
import gzip
import io
import logging
import random
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.reads import LabelledRead
from seqcast.reads.dnabert import (
    kmer_lines,
    kmer_text,
    kmer_texts,
    read_dnabert,
    read_header,
    read_labels,
    write_dnabert,
    write_predictions,
)
from tests.seqcast.reads.examples import EXAMPLES, write

HEADER = "Sequence\tLabel\tName\n"
SEQUENCES = st.one_of(st.just(""), st.text("ACGTNacgtRU", min_size=6, max_size=30))
FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r"), max_size=5)


def plain_kmer_text(sequence: str) -> str:
    """Slow oracle: the loop of ReadSeeker's notebook, in our words."""
    kmers = []
    while len(sequence) >= 6:
        kmers.append(sequence[:6])
        sequence = sequence[1:]
    return " ".join(kmers)


def plain_read(data: bytes) -> list[LabelledRead]:
    """Slow oracle: Python's csv reader with DNABERT's options, and the k-mers joined one by one."""
    lines = csv.reader(
        io.TextIOWrapper(io.BytesIO(data), "utf-8-sig"), delimiter="\t", quotechar=None
    )
    found = []
    for text, label, *columns in list(lines)[1:]:
        kmers = text.split()
        sequence = "".join(kmer[0] for kmer in kmers[:-1]) + (kmers[-1] if kmers else "")
        found.append(LabelledRead(sequence, int(label), tuple(columns)))
    return found


def rows(path: Path, chunk: int = 3) -> list[LabelledRead]:
    return [read for part in read_dnabert(path, chunk=chunk) for read in part]


@EXAMPLES
@given(st.text("ACGTN", max_size=20))
def test_kmer_text(sequence: str) -> None:
    assert kmer_text(sequence) == plain_kmer_text(sequence)


@EXAMPLES
@given(st.lists(st.text("ACGTNa", max_size=12), max_size=8))
def test_many_texts_at_once(sequences: list[str]) -> None:
    assert kmer_texts(sequences) == [plain_kmer_text(sequence).encode() for sequence in sequences]


@EXAMPLES
@given(st.integers(0, 5), st.integers(0, 20), st.randoms(use_true_random=False))
def test_kmer_lines(n: int, length: int, source: random.Random) -> None:
    sequences = ["".join(source.choices("ACGT", k=length)) for _ in range(n)]
    bases = np.frombuffer("".join(sequences).encode(), np.uint8).reshape(n, length)
    lines = kmer_lines(bases)
    assert (lines.shape, lines.dtype) == ((n, max(7 * (length - 5) - 1, 0)), np.uint8)
    assert lines.flags.c_contiguous
    assert [line.tobytes().decode() for line in lines] == list(map(plain_kmer_text, sequences))


def test_kmer_lines_take_bytes_in_two_dimensions() -> None:
    with pytest.raises(TypeError, match="bases are int64; expected uint8"):
        kmer_lines(np.zeros((2, 10), dtype=np.int64))
    with pytest.raises(ValueError, match="unpack"):
        kmer_lines(np.zeros(10, dtype=np.uint8))


@EXAMPLES
@given(
    st.lists(st.tuples(SEQUENCES, st.sampled_from([0, 1]), FIELDS), max_size=10),
    st.sampled_from(["plain", "gzip", "bgzip"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_reads_what_dnabert_reads(
    table: list[tuple[str, int, str]], how: str, end: str, mark: bool
) -> None:
    lines = [HEADER[:-1], *(f"{plain_kmer_text(s)}\t{label}\t{field}" for s, label, field in table)]
    data = b"\xef\xbb\xbf" * mark + "".join(line + end for line in lines).encode()
    expected = [LabelledRead(sequence, label, (field,)) for sequence, label, field in table]
    assert plain_read(data) == expected
    with tempfile.TemporaryDirectory() as folder:
        assert rows(write(Path(folder) / "dev.tsv", data, how)) == expected


@EXAMPLES
@given(st.lists(st.tuples(SEQUENCES, st.sampled_from([0, 1]), FIELDS), max_size=10), st.booleans())
def test_written_tables_are_read_back(table: list[tuple[str, int, str]], packed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("dev.tsv.gz" if packed else "dev.tsv")
        assert write_dnabert(path, ["Sequence", "Label", "Name"], iter(table)) == len(table)
        data = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
        assert (
            data
            == (
                HEADER
                + "".join(f"{plain_kmer_text(s)}\t{label}\t{field}\n" for s, label, field in table)
            ).encode()
        )
        assert rows(path) == [LabelledRead(s, label, (field,)) for s, label, field in table]
        assert read_header(path) == ["Sequence", "Label", "Name"]


GOOD = "ACGTAC CGTACG"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ACGTA CGTAC\t1", "line 3 has k-mers of 5 bases, expected 6: 'ACGTA'"),
        ("ACGTACG\t1", "line 3 has k-mers of 7 bases, expected 6"),
        (
            "ACGTAC CGTACT GTACTT\t1\n" + "ACGTAC CGTACG TTACGT\t0",
            "line 4: k-mer 2 'CGTACG' and the next, 'TTACGT', do not overlap by 5 bases",
        ),
        ("ACGTAC GTACGT\t1", "line 3: k-mer 1 'ACGTAC' and the next, 'GTACGT', do not overlap"),
        (GOOD, "line 3 has 1 tab-separated column.*expected k-mers, a tab and a label"),
        (GOOD + " 1", "line 3 has 1 tab-separated column.*write tabs, not spaces"),
        ("", "line 3 has 1 tab-separated column.*Delete blank lines"),
        (GOOD + "\t2", "line 3 has the label '2'; expected 0 .* or 1"),
        (GOOD + "\t1 ", "line 3 has the label '1 '"),
        (GOOD + "\tcoding", "line 3 has the label 'coding'"),
        (GOOD + '\t"1"', "line 3 has the label '\"1\"'"),  # quoting is off
        (GOOD + "\t", "line 3 has the label ''"),
        ("ACGTÄC CGTÄCG\t1", "line 3 holds 'Ä' among its k-mers"),
        ("ACGT1C CGT1CG\t1", "line 3 holds '1' among its k-mers; expected nucleotides"),
        ("ACGTAC CGTACX\t1", "line 3 holds 'X' among its k-mers"),
        ("EACGTA ACGTAC\t1", "line 3 holds 'E' among its k-mers"),
    ],
)
def test_bad_rows_are_named_with_their_line(tmp_path: Path, line: str, message: str) -> None:
    text = f"{HEADER}{GOOD}\t1\n{line}\n{GOOD}\t0\n"
    path = write(tmp_path / "dev.tsv", text.encode())
    with pytest.raises(InputError, match=message) as found:
        rows(path, chunk=10)
    assert str(path) in str(found.value)


@pytest.mark.parametrize(
    "data",
    [
        b"s\tl\r\nACGTAC\t1\r\nACGTAC\t0\tx\ty\n",
        b"\xef\xbb\xbfs\tl\rACGTAC\t1\rACGTAC\t0",
        gzip.compress(b"s\tl\nACGTAC\t1\n\t0\n", mtime=0),
    ],
)
def test_labels_are_those_of_the_reads(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "dev.tsv").write_bytes(data)
    labels = read_labels(tmp_path / "dev.tsv")
    assert labels.tolist() == [read.label for read in rows(tmp_path / "dev.tsv")] == [1, 0]
    assert labels.dtype == np.int8


@pytest.mark.parametrize(
    ("text", "message"),
    [("s\tl\nA\t1\nA\tx\n", "line 3 has the label 'x'"), ("s\tl\nA\n", "line 2 has 1 tab")],
)
def test_bad_labels_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "dev.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_labels(tmp_path / "dev.tsv")


def test_other_blanks_are_split_as_dnabert_splits_them(tmp_path: Path) -> None:
    text = f"{HEADER}  ACGTAC   CGTACG \t1\n \t0\n{GOOD}\t0\n"
    path = write(tmp_path / "dev.tsv", text.encode())
    assert rows(path) == plain_read(text.encode())
    assert [read.sequence for read in rows(path)] == ["ACGTACG", "", "ACGTACG"]


@pytest.mark.parametrize("text", ["", HEADER, HEADER.rstrip()])
def test_tables_without_rows(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "dev.tsv", text.encode())
    assert rows(path) == []
    assert read_header(path) == (["Sequence", "Label", "Name"] if text else [])


def test_a_first_line_that_is_a_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "dev.tsv", f"{GOOD}\t1\n{GOOD}\t0\n".encode())
    for refused in (rows, read_labels):
        with pytest.raises(InputError, match=r"dev\.tsv has no header: its first line is a read"):
            refused(path)
    assert caplog.text == ""
    with caplog.at_level(logging.WARNING):
        found = [read.label for part in read_dnabert(path, headerless="drop") for read in part]
    assert "dev.tsv has no header: its first line is a read" in caplog.text
    assert found == read_labels(path, headerless="drop").tolist() == [0]


@pytest.mark.parametrize("first", ["0\t1\t2", "Sequence\tLabel", "ACGTAC\tLabel", "ACGTAC"])
def test_first_lines_that_are_no_read(tmp_path: Path, first: str) -> None:
    path = write(tmp_path / "dev.tsv", f"{first}\n{GOOD}\t0\n".encode())
    assert [read.label for read in rows(path)] == [0]


def test_damaged_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "dev.tsv.gz"
    whole = write(path, (HEADER + f"{GOOD}\t1\n" * 20_000).encode(), "gzip").read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(InputError, match=r"dev\.tsv\.gz cannot be read to its end, after line \d+"):
        rows(path)
    path.write_bytes(whole[:5])
    with pytest.raises(InputError, match="cannot be read to its end"):
        read_header(path)
    path.write_bytes(HEADER.encode() + b"\xff\xfe\t1\n")
    with pytest.raises(InputError, match="is not UTF-8"):
        rows(path)
    with pytest.raises(InputError, match="is not UTF-8"):
        read_header(write(path, b"\xff\xfe"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("ACGTACG", 1), "expected 2, free of tabs"),
        (("ACGTACG", 1, "a", "b"), "expected 2, free of tabs"),
        (("ACGTACG", 1, "a\tb"), "expected 2, free of tabs"),
        (("ACGTACG", "1\t", ""), "expected 2, free of tabs"),
        (("ACGTACG", 1, "a\nb"), "expected 2, free of tabs"),
        (("ACGTACG", 2, "a"), "label 2; expected 0 or 1"),
        (("ACGTA", 1, "a"), "read 'ACGTA' of fewer than 6 bases"),
    ],
)
def test_rows_that_cannot_be_written_leave_no_file(
    tmp_path: Path, row: tuple, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_dnabert(
            tmp_path / "dev.tsv", ["Sequence", "Label", "Name"], [("ACGTAC", 0, "x"), row]
        )
    assert list(tmp_path.iterdir()) == []


@EXAMPLES
@given(st.lists(st.floats(0, 1, width=32) | st.just(float("nan")), max_size=25))
def test_predictions_are_as_numpy_writes_them(drawn: list[float]) -> None:
    values = np.array(drawn, dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        written, by_numpy = (Path(folder) / name for name in ("w.npy", "n.npy"))
        write_predictions(written, values.astype(np.float64))
        np.save(by_numpy, values)
        assert written.read_bytes() == by_numpy.read_bytes()
        np.testing.assert_array_equal(np.load(written), values)


def test_predictions_have_one_dimension(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 2\); expected one dimension"):
        write_predictions(tmp_path / "pred_results.npy", np.zeros((2, 2)))
    assert list(tmp_path.iterdir()) == []


def test_golden_table_gives_the_golden_reads(shared: Path, tmp_path: Path) -> None:
    folder = shared / "reference/readseeker"
    table = pl.read_csv(folder / "reads.tsv", separator="\t", quote_char=None)
    table = table.filter(pl.col("sequence").str.len_chars() >= 6)
    reads = rows(folder / "dev.tsv")
    assert len(reads) == 43  # README of reference/readseeker
    assert [read.columns[0] for read in reads] == table["name"].to_list()
    assert [read.sequence for read in reads] == table["sequence"].to_list()
    again = ((read.sequence, read.label, *read.columns) for read in reads)
    write_dnabert(tmp_path / "dev.tsv", read_header(folder / "dev.tsv"), again)
    assert (tmp_path / "dev.tsv").read_bytes() == (folder / "dev.tsv").read_bytes()
    golden = np.load(folder / "pred_results.npy")
    write_predictions(tmp_path / "pred_results.npy", golden)
    assert (tmp_path / "pred_results.npy").read_bytes() == (
        folder / "pred_results.npy"
    ).read_bytes()
