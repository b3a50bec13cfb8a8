"""Files of sequences: read by their content, and refused with the reason where they are none."""

import bz2
import gzip
from pathlib import Path

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.transcripts.files import id_column, read_sequence_file, read_table
from tests.seqcast.reads.examples import write as pack

FASTA = ">a first one\nAUGC\nAU\n>b\n\n>\nacgt\n"
TSV = "name\tSeq\tvalue\tsplit\na\tAUG C\t1.5\ttrain\nb\t\tNA\ttest\n"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["a.fa", "a.fa.gz", "a.txt"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_fasta(tmp_path: Path, name: str, newline: str) -> None:
    frame = read_sequence_file(write(tmp_path, name, FASTA.replace("\n", newline)))
    assert frame.columns == ["id", "sequence", "description"]
    assert frame.rows() == [("a", "AUGCAU", "first one"), ("b", None, None), (None, "acgt", None)]
    plain = read_sequence_file(write(tmp_path, name, ">a\nA\n"))
    assert plain.columns == ["id", "sequence"]


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
@pytest.mark.parametrize("name", ["a.tsv", "a.csv.gz"])
def test_text_tables(tmp_path: Path, separator: str, name: str) -> None:
    text = "\ufeff" + TSV.replace("\t", separator) + "\n\n"
    frame = read_sequence_file(write(tmp_path, name, text))
    assert frame.to_dict(as_series=False) == {
        "id": ["a", "b"], "sequence": ["AUG C", None], "value": [1.5, None], "split": ["train", "test"],
    }  # fmt: skip


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    given = pl.DataFrame(
        {"transcript_id": [7, 8], "id": ["x", "y"], "mRNA": ["AUG", None], "v": [1.0, 2.0]}
    )
    given.write_parquet(tmp_path / "a.parquet")
    frame = read_sequence_file(tmp_path / "a.parquet")
    assert frame.schema == {
        "id": pl.String,
        "sequence": pl.String,
        "transcript_id": pl.Int64,
        "v": pl.Float64,
    }
    assert frame.rows() == [("x", "AUG", 7, 1.0), ("y", None, 8, 2.0)]


def test_a_single_column_keeps_its_empty_cells(tmp_path: Path) -> None:
    frame = read_sequence_file(write(tmp_path, "a.txt", "CDS\nAUG\n\nGUG\n\n"))
    assert frame.rows() == [(None, "AUG"), (None, None), (None, "GUG")]


def test_words_for_nothing_are_no_sequences(tmp_path: Path) -> None:
    """The words are those that pandas, R and polars write for an empty cell."""
    words = ["NA", "nan", "None", "N/A", "null", "NULL"]
    text = "seq\tv\n" + "".join(f"{word}\t1\n" for word in [*words, "ACG"])
    found = read_sequence_file(write(tmp_path, "a.tsv", text))
    assert found["sequence"].to_list() == [None] * 6 + ["ACG"]
    pl.DataFrame({"seq": ["NA", "ACG"]}).write_parquet(tmp_path / "a.parquet")
    assert read_sequence_file(tmp_path / "a.parquet")["sequence"].to_list() == [None, "ACG"]
    fasta = read_sequence_file(write(tmp_path, "a.fa", ">a\nNA\n"))
    assert fasta["sequence"].to_list() == ["NA"]  # two letters: FASTA has no word for nothing


def test_rows_are_those_of_the_file(tmp_path: Path) -> None:
    text = '\n id \tseq\tnote\na\tACG\t5"\n\n\t\t\nb\tACG\t"x, ""y"""\nc\tACG\t\n\t\t\n \n'
    found = read_sequence_file(write(tmp_path, "a.tsv", text))
    # A row of empty cells is a row, but at the end of the file; a line without cells is none.
    assert found.rows() == [
        ("a", "ACG", '5"'), (None, None, None), ("b", "ACG", 'x, "y"'), ("c", "ACG", None),
    ]  # fmt: skip


def test_long_cells(tmp_path: Path) -> None:
    sequence = "ACGU" * 50_000  # beyond 131072, the limit of Python's module csv
    found = read_sequence_file(write(tmp_path, "a.csv", f"id,seq\na,{sequence}\n"))
    assert found["sequence"].to_list() == [sequence]


def test_headers_of_fasta(tmp_path: Path) -> None:
    text = "\ufeff> a one\nACG\n>b\ttwo words\nACG\n"
    found = read_sequence_file(write(tmp_path, "a.fa", text))
    assert found.select("id", "description").rows() == [("a", "one"), ("b", "two words")]


@pytest.mark.parametrize("how", ["plain", "gzip", "bgzip", "bzip2", "xz", "zstd"])
@pytest.mark.parametrize("end", ["", "\n\n", "\x1a", " \r\n\x1a"])
def test_what_may_stand_around_sequences(tmp_path: Path, how: str, end: str) -> None:
    """The rules for reads (`reads.text_records`), and their like for tables."""
    fasta = f"\ufeff\n#c\n;d\n> β µ\nAU \n;e\nGC\n>b\nA{end}"
    found = read_sequence_file(pack(tmp_path / "a.fa", fasta.encode(), how))
    assert found.rows() == [("β", "AUGC", "µ"), ("b", "A", None)]
    table = f"\ufeff\n# made, by; hand\n#\n#id\tseq\nβ\tAU GC \nb\tA{end}"
    found = read_sequence_file(pack(tmp_path / "a.tsv", table.encode(), how))
    assert found.rows() == [("β", "AU GC"), ("b", "A")]


@pytest.mark.parametrize("text", [">a b\nAU\nG\n", "id,seq,description\na,AUG,b\n"])
def test_lines_that_end_in_cr_alone(tmp_path: Path, text: str) -> None:
    found = read_sequence_file(write(tmp_path, "a", text.replace("\n", "\r")))
    assert found.select("id", "sequence", "description").rows() == [("a", "AUG", "b")]


@pytest.mark.parametrize("column", ["id", "seq"])
@pytest.mark.parametrize("values", [[["A"], ["C"]], [{"a": "A"}, {"a": "C"}], [b"\xff", b"C"]])
def test_columns_that_are_no_text(tmp_path: Path, column: str, values: list) -> None:
    given = {"id": ["a", "b"], "seq": ["A", "C"], "more": values} | {column: values}
    pl.DataFrame(given).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=f"column {column} is of type .*; expected text"):
        read_sequence_file(tmp_path / "a.parquet")
    pl.DataFrame(given | {column: ["A", "C"]}).write_parquet(tmp_path / "a.parquet")
    assert read_sequence_file(tmp_path / "a.parquet")["more"].to_list() == values


def test_columns_are_numbers_only_if_all_of_them_is(tmp_path: Path) -> None:
    text = "id,i,f,code,mixed,empty,big\n1,1,1e-2,007,1,,-3\n2,NA,nan,8, x ,,4\n"
    frame = read_table(write(tmp_path, "a.csv", text))
    assert frame.to_dict(as_series=False) == {
        "id": ["1", "2"], "i": [1, None], "f": [0.01, None], "code": ["007", "8"], "mixed": ["1", "x"],
        "empty": [None, None], "big": [-3, 4],
    }  # fmt: skip


def test_names_are_never_rewritten_as_numbers(tmp_path: Path) -> None:
    text = (
        "ID,seq,transcript_id,gene_id,gene_name,v,group\n1.10,ACG,1,7, 1e3 ,1.50,3.1\n"
        "1.1,UGA,2.0,NA,5,2.25,3.10\n1e3,AUG,3,1.5,007,-1e2,NA\n"
    )
    path = write(tmp_path, "a.csv", text)
    frame = read_sequence_file(path)
    assert frame.drop("sequence").to_dict(as_series=False) == {
        "id": ["1.10", "1.1", "1e3"], "transcript_id": ["1", "2.0", "3"],
        "gene_id": ["7", None, "1.5"], "gene_name": ["1e3", "5", "007"], "v": [1.5, 2.25, -100.0],
        "group": ["3.1", "3.10", None],
    }  # fmt: skip
    assert read_table(path)["ID"].to_list() == ["1.10", "1.1", "1e3"]


@pytest.mark.parametrize(
    ("values", "typed"),
    [
        (["1.1", "1.10"], ["1.1", "1.10"]),
        (["1.1", "1.20"], [1.1, 1.2]),
        (["1", "+1", "NA"], ["1", "+1", None]),
        (["12345678901234567890", "12345678901234567891"],) * 2,
    ],
)
def test_different_texts_are_never_one_number(
    tmp_path: Path, values: list[str], typed: list
) -> None:
    text = "".join(f"{line}\tx\n" for line in ["group", *values])
    assert read_table(write(tmp_path, "a.tsv", text))["group"].to_list() == typed


def test_names_of_id_columns() -> None:
    assert id_column(["value", "Transcript_ID", "name"]) == "Transcript_ID"
    assert id_column(["name", "ID"]) == "ID"
    assert id_column(["name", "value"], besides="name") is None


def bgzf_without_end(text: bytes) -> bytes:
    """One block of BGZF: gzip with the extra field BC, and no empty block after it."""
    packed = bytearray(gzip.compress(text, mtime=0))
    extra = b"\x06\x00BC\x02\x00" + (len(packed) + 8 - 1).to_bytes(2, "little")
    packed[3] = 4
    return bytes(packed[:10]) + extra + bytes(packed[10:])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.fa", "", r"a\.fa is empty; expected FASTA, TSV"),
        ("a.fa.gz", " \n", "is empty"),
        ("a.tsv", "id\tletters\na\tAUG\n", r"no columns of sequences; its columns are id, letters\. Expected one named sequence, seq"),
        ("a.tsv", "seq\tCDS\nA\tAUG\n", r"2 columns of sequences; its columns are seq, CDS.*Where the CDS lies is said by columns cds_start and cds_end"),
        ("a.csv", "id,seq\na,AUG,7\n", r"no table of text .line 2: cells 3, of the header 2.*between commas"),
        ("a.csv", 'id,seq\n"a,AUG\n', "no table of text .line 2, a quotation mark: unexpected end"),
        ("a.tsv", 'id\tseq\tv\na\tACG\t"x" y\n', "line 2, a quotation mark: .* expected after"),
        ("a.tsv", 'id\tseq\tv\na\tACG\t"x\nb\tACG\ty"\nc\tACG\tz\n', "line 3: it closes the quotation mark of an earlier line, before 'x'"),
        ("a.tsv", "id\tseq\tv\na\tACG\n", "line 2: cells 2, of the header 3"),
        ("a.tsv", "id\tseq\tv\tv\na\tACG\t1\t2\n", "2 columns named 'v'; expected each name once"),
        ("a.fq", "@a\nACG\n+\nIII\n", r"a\.fq is FASTQ or SAM.*Convert it to FASTA"),
        ("a.gb", "LOCUS       NM_1   100 bp\n", "is GenBank; .*Convert it to FASTA"),
        ("a.fa", bz2.compress(b">a\nACG\n")[:-3], "truncated or damaged"),
        ("a.fa", bytes.fromhex("28b52ffd") + b"....", "truncated or damaged"),  # RFC 8878, 3.1.1
        ("a.fa", bytes.fromhex("04224d18") + b"....", "is compressed by lz4; .*or use gzip"),
        ("a.csv", "id,seq\n", "no rows below its header"),
        ("a.csv", "id,seq\na,AUG\nb,\xe9".encode("latin-1"), r"a\.csv, line 3 is not UTF-8"),
        ("a.fa", ">a\nAU\n>\xe9\nA".encode("latin-1"), r"a\.fa, record 2 \(line 3\) is broken: .*not UTF-8"),
        ("a.csv", "id,seq\n".encode("utf-16"), "text in UTF-16; .*UTF-8"),
        ("a.xlsx", b"PK\3\4....", "workbook.*save a sheet as CSV"),
        ("a.parquet", b"PAR1....PAR1", "not parquet throughout"),
        ("a.fa", gzip.compress(b">a\nAUGC\n" * 99, mtime=0)[:-9], "truncated or damaged"),
        ("a.fa", bgzf_without_end(b">a\nAUGC\n"), "lacks the block that ends a bgzip file"),
    ],
)  # fmt: skip
def test_bad_files(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_sequence_file(write(tmp_path, name, content))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "a.fa", tmp_path / ("ACGU" * 99)):
        with pytest.raises(InputError, match="does not exist, or is no file"):
            read_sequence_file(path)
