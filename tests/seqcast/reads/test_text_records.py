"""One set of rules for FASTA and FASTQ, however a file is cut, wrapped or adorned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seqcast.reads.text_records
from seqcast.reads import Read
from seqcast.reads.source import lead_in
from seqcast.reads.text_records import BrokenRecord, name_and_comment, text_records
from tests.seqcast.reads.examples import EXAMPLES, a_read, fasta, fastq

FASTQ = b"@r0 c\nACGT\n+\nIIII\n@r1\nGG\n+r1\n@+\n"
OF_FASTQ = [("r0 c", "ACGT", "IIII"), ("r1", "GG", "@+")]
FASTA = b">r0 c\nAC\nGT\n>r1\nGG\n"
OF_FASTA = [("r0 c", "ACGT", None), ("r1", "GG", None)]


def cut(text: bytes, size: int) -> list[bytes]:
    return [text[i : i + size] for i in range(0, len(text), size)]


STARTS = [
    b"",
    b"\xef\xbb\xbf",
    b"\n\n",
    b" \t\r\n",
    b"#c\n",
    b";c\n\n# d\n",
    b"\xef\xbb\xbf\n#\n",
    b"\x1a\n",
]
ENDS = [b"", b"\n", b"\n\n \n", b"\x1a", b"\r\n\x1a", b" \t\n", b"\x1a\n"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("start", STARTS)
def test_what_may_come_before_and_after(start: bytes, end: bytes) -> None:
    assert list(text_records([start + FASTQ + end])) == OF_FASTQ
    assert list(text_records([start + FASTA + end])) == OF_FASTA
    assert list(text_records([start + FASTQ[:-1] + end])) == OF_FASTQ
    assert list(text_records([start + end])) == []


@pytest.mark.parametrize(
    "text",
    [
        FASTQ.replace(b"\n@r1", b"\n\n@r1"), FASTQ.replace(b"\n@r1", b"\n \t\n\n@r1"),
        FASTQ.replace(b"\n", b" \t\n"), FASTQ.replace(b"\n", b" \r\n"), FASTQ.replace(b"\n", b"\r\n"),
        FASTQ.replace(b"\n", b"\r"), FASTQ.replace(b"+\n", b"+r0\n", 1),
        FASTQ.replace(b"\n", b"\r\r\n"),
        FASTQ.replace(b"ACGT", b"A\nCGT").replace(b"IIII", b"I\nIII"),
        FASTQ.replace(b"ACGT", b"AC\nGT").replace(b"IIII", b"IIII\n"),
        FASTQ.replace(b"ACGT", b"ACG\nT").replace(b"IIII", b"III\nI").replace(b"\n", b"\r\n"),
        FASTQ.replace(b"GG", b"G\nG").replace(b"\n@+", b"\n@\n+"),
    ],
)  # fmt: skip
def test_lines_of_fastq(text: bytes) -> None:
    assert list(text_records([text])) == OF_FASTQ


@pytest.mark.parametrize(
    "text",
    [
        FASTA.replace(b"\n", b"\r"), FASTA.replace(b"\n", b" \r\n"), FASTA.replace(b"\n", b"\n\n"),
        FASTA.replace(b"\nGT", b"\n;c\n#d\nGT"), FASTA.replace(b"AC", b"  AC"), FASTA[:-1],
    ],
)  # fmt: skip
def test_lines_of_fasta(text: bytes) -> None:
    assert list(text_records([text])) == OF_FASTA


@EXAMPLES
@given(
    st.lists(a_read(), min_size=1, max_size=9), st.integers(1, 60), st.integers(1, 400),
    st.sampled_from([fasta, fastq]), st.sampled_from(["", "\n\n", "\x1a"]),
)  # fmt: skip
def test_cuts_do_not_show(reads: list[Read], size: int, block: int, form, end: str) -> None:
    """Pieces and blocks of any length give what the text gives as a whole."""
    text = form(reads) + end.encode()
    kept = seqcast.reads.text_records.BLOCK_BYTES
    seqcast.reads.text_records.BLOCK_BYTES = block
    try:
        found = list(text_records(cut(text, size)))
    finally:
        seqcast.reads.text_records.BLOCK_BYTES = kept
    quality = form is fastq
    assert found == [
        (read.name + read.comment, read.sequence, read.quality if quality else None)
        for read in reads
    ]


def test_records_before_a_broken_one_come_first() -> None:
    found = []
    with pytest.raises(BrokenRecord, match="2 bases and 1 qualities") as broken:
        found.extend(text_records([FASTQ, b"@r2\nGG\n+\nI\n"]))
    assert (broken.value.number, broken.value.line) == (3, 12)
    assert found in ([], OF_FASTQ)  # list.extend may drop what came before
    records = text_records([b"\n#c\n" + FASTQ, b"@r2\nGG\n+\nI\n"])
    assert [next(records), next(records)] == OF_FASTQ
    with pytest.raises(BrokenRecord) as broken:
        next(records)
    assert (broken.value.number, broken.value.line) == (3, 14)


def test_names_and_comments() -> None:
    assert name_and_comment("r1") == ("r1", "")
    assert name_and_comment("r1 a b") == ("r1", " a b")
    assert name_and_comment("\t r1\ta") == ("r1", "\ta")
    assert name_and_comment(" ") == ("", "")
    assert name_and_comment("β-globin µ") == ("β-globin", " µ")


def test_lead_in_of_a_cut_text() -> None:
    assert lead_in(b"") == lead_in(b"@") == 0
    assert lead_in(b"#c") == 2
    assert lead_in(b"#c\n\xef\xbb\xbf@") == 3
