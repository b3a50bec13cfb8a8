"""Which transcripts a selection takes, and how ids find them."""

from dataclasses import replace
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.transcripts.annotation import MERITS, Transcript
from seqcast.transcripts.selection import find_transcripts, read_ids, select_transcripts

PLAIN = len(MERITS)


def transcript(
    name: str, gene: str = "G", merit: int = PLAIN, cds_nt: int = 0, length_nt: int = 100
) -> Transcript:
    cds = ((0, cds_nt),) if cds_nt else ()
    return Transcript(name, gene, gene, "c", "+", ((0, length_nt),), cds, merit=merit)


@pytest.mark.parametrize(
    ("others", "best"),
    [
        ([transcript("a", merit=1, cds_nt=90), transcript("b", merit=0, cds_nt=30)], "b"),
        ([transcript("a", merit=2), transcript("b", merit=1)], "b"),
        ([transcript("a", cds_nt=99), transcript("b", merit=2, cds_nt=9)], "b"),
        ([transcript("a", length_nt=900), transcript("b", cds_nt=3)], "b"),
        ([transcript("a", cds_nt=30), transcript("b", cds_nt=60)], "b"),
        ([transcript("a", cds_nt=30), transcript("b", cds_nt=30, length_nt=200)], "b"),
        ([transcript("a"), transcript("b")], "a"),
    ],
)
def test_canonical(others: list[Transcript], best: str) -> None:
    far = replace(transcript("x"), chrom="d")  # the same gene on another contig
    chosen = select_transcripts([*others, far, transcript("y", "H")], "canonical")
    assert [one.transcript_id for one in chosen] == [best, "x", "y"]


def test_named_selections() -> None:
    given = [
        transcript("a"),
        transcript("b", cds_nt=9),
        transcript("c", "H"),
        transcript("d", cds_nt=3),
    ]
    chosen = {
        name: "".join(one.transcript_id for one in select_transcripts(given, name))
        for name in ("all", "coding", "canonical", "canonical_coding")
    }
    assert chosen == {"all": "abcd", "coding": "bd", "canonical": "bc", "canonical_coding": "b"}
    with pytest.raises(InputError, match="expected one of canonical"):
        select_transcripts(given, "best")
    with pytest.raises(InputError, match="no transcript with a CDS"):
        select_transcripts(given[:1], "coding")


def test_find_by_id_with_and_without_version() -> None:
    names = ["E1.2", "E2.1_PAR_Y", "E2.1", "P.1", "P.2", "bare", "twice.1", "twice.1"]
    given = [transcript(name) for name in names]
    asked = ["E1", "E1.2", "E1.3", "E2", "E2_PAR_Y", "P", "P.2", "bare.7", "twice", "nothing.1"]
    found = {
        one.wanted: [hit.transcript_id for hit in one.found] or one.problem
        for one in find_transcripts(given, asked)
    }
    assert found == {
        "E1": ["E1.2"],
        "E1.2": ["E1.2"],
        "E1.3": "the annotation has E1.2",  # another version is another sequence
        "E2": ["E2.1"],
        "E2_PAR_Y": ["E2.1_PAR_Y"],
        "P": "the annotation has P.1, P.2",  # isoforms, in the names of TAIR
        "P.2": ["P.2"],
        "bare.7": ["bare"],
        "twice": ["twice.1", "twice.1"],
        "nothing.1": None,
    }


def test_lists_of_ids(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "ids.txt"
    path.write_bytes(b"\xef\xbb\xbftranscript_id\r\n# comment\r\n\r\n E1.2 \r\nE3\r\nE1.2\r\n")
    assert read_ids(path) == ["E1.2", "E3"]  # each once: two rows would score a variant twice
    assert "1 lines repeat an id" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no transcript id"),
        (b"transcript_id\n", "holds no transcript id"),
        (b"E1\nE2\t5\n", r"line 2: 'E2\\t5' is more than one word"),
        (b"E1\nE\xff2\n", "not text in UTF-8"),
        (None, "does not exist; expected canonical, canonical_coding, coding, all, or a file"),
    ],
)
def test_bad_lists_of_ids(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "ids.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_ids(path)
