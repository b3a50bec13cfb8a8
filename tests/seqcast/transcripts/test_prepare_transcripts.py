"""The table of a dataset: from a file, or spliced, with provenance and a log that counts."""

import hashlib
import logging
from pathlib import Path

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance
from seqcast.transcripts.prepare_transcripts import TranscriptSources, prepare_dataset
from seqcast.transcripts.records import COLUMNS
from tests.seqcast.transcripts import toy


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str | None]:
    """A toy annotation of three transcripts, one of them on a contig that the genome lacks."""
    text = toy.gtf() + toy.gtf("-", "T2.1", "G2.1", cds=(), stop=())
    text += toy.gtf(name="T3.1").replace("c1\t", "c9\t")
    (tmp_path / "toy.gtf").write_text(text)
    with toy.genome(tmp_path) as genome:
        return {"annotation": str(tmp_path / "toy.gtf"), "genome": str(genome.fasta)}


def test_selection(
    files: dict[str, str | None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "out/toy.parquet"
    with caplog.at_level(logging.INFO):
        prepare_dataset(
            TranscriptSources(**files), {"selection": "all"}, str(path), {"assembly": "toy"}
        )
    table = pl.read_parquet(path)
    assert table.schema == COLUMNS
    assert table.select("row", "id", "status", "cds_start", "cds_end", "flags").rows() == [
        (0, "T1.1", "valid", 2, 14, ""),
        (1, "T2.1", "valid", None, None, "no_cds"),
        (2, "T3.1", "contig_not_found", None, None, ""),
    ]
    assert "3 rows, 2 of them valid, 1 with a CDS" in caplog.text
    assert "1 of 3 rows contig_not_found: its contig is not in the genome (T3.1: c9)" in caplog.text
    about = read_provenance(path)
    sha256 = hashlib.sha256(Path(str(files["annotation"])).read_bytes()).hexdigest()
    assert about["files"] == {"annotation": {"name": "toy.gtf", "sha256": sha256}}
    assert about["counts"] == {
        "status": {"valid": 2, "contig_not_found": 1},
        "flags": {"no_cds": 1},
    }
    assert (about["assembly"], about["options"]) == ("toy", {"selection": "all"})


def test_list_of_ids_and_labels(files: dict[str, str | None], tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("T2\nT7.1\nT1.1\nT2.1\n")
    (tmp_path / "labels.csv").write_text("transcript_id,half_life\nT1,3.5\nT3,1\n")
    more = {"ids": str(tmp_path / "ids.txt"), "labels": str(tmp_path / "labels.csv")}
    prepare_dataset(TranscriptSources(**files, **more), {}, str(tmp_path / "a.parquet"), {})
    table = pl.read_parquet(tmp_path / "a.parquet")
    assert table.select("row", "id", "status", "flags", "half_life").rows() == [
        (0, "T2.1", "valid", "duplicate_id,no_cds", None),
        (1, "T7.1", "transcript_not_found", "", None),
        (2, "T1.1", "valid", "", 3.5),
        (3, "T2.1", "valid", "duplicate_id,no_cds", None),
        (4, "T3", "not_selected", "", 1.0),
    ]


def test_sequences(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(">a\nAUGUAA\n>b\nAXG\n")
    files = {"sequences": str(tmp_path / "a.fa"), "labels": None, "annotation": None}
    prepare_dataset(TranscriptSources(**files), {"cds": "whole"}, str(tmp_path / "a.parquet"), {})
    table = pl.read_parquet(tmp_path / "a.parquet")
    assert table.select("id", "sequence", "cds_end", "status").rows() == [
        ("a", "AUGUAA", 6, "valid"),
        ("b", None, None, "other_letter"),
    ]


def test_nothing_that_can_be_used(files: dict[str, str | None], tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("T9\n")
    path = tmp_path / "a.parquet"
    with pytest.raises(InputError, match=r"none of 1 transcripts .* T9, is transcript_not_found"):
        prepare_dataset(TranscriptSources(**files, ids=tmp_path / "ids.txt"), {}, str(path), {})
    assert not path.exists()
