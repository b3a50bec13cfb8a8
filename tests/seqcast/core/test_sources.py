"""Rows of the table of sources: fetched with their digest, told with their licence, no secrets."""

import hashlib
import logging
import shutil
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.core.sources import fetch_source, tell_licence
from seqcast.core.urls import public_url

SECRET = "s3cr3t"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "genome.fa").write_text(">a\nACGT\n")
    url, digest = (tmp_path / "genome.fa").as_uri(), hashlib.sha256(b">a\nACGT\n").hexdigest()
    table = tmp_path / "sources.tsv"
    table.write_text(
        "source\tversion\turl\tpath\tsha256\tlicence\tcitation\n"
        f"g\t1\t{url}\tgenomes/g.fa\t{digest}\tCC-BY-NC 4.0\t-\n"
        f'h\t1\t{url}\t genomes/h.fa \t\tMIT\t"quoted" and not\n\n'  # as the workflow reads it
    )
    return table


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_a_source_is_fetched_by_its_path(
    table: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("g", "h"):
        lock = tmp_path / f"{name}.sha256"
        fetch_source(table, f"genomes/{name}.fa", tmp_path / f"{name}.out", lock)
        assert (tmp_path / f"{name}.out").read_text() == ">a\nACGT\n"
        assert lock.exists() == (name == "h")  # the first has a digest of its own
    assert "CC-BY-NC 4.0" in caplog.text


def test_a_row_that_is_gone_is_named(table: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sources\.tsv has no row with path genomes/x\.fa"):
        fetch_source(table, "genomes/x.fa", tmp_path / "x.fa")


@pytest.mark.parametrize(
    ("licence", "level"),
    [
        ("academic, non-commercial; not redistributable", logging.WARNING),
        ("CC-BY-NC-SA 4.0", logging.WARNING),
        ("Apache-2.0", logging.INFO),
        ("public domain (NCBI RefSeq)", logging.INFO),
        ("not stated", logging.INFO),
    ],
)
def test_licences_that_restrict_are_told_loudly(
    caplog: pytest.LogCaptureFixture, licence: str, level: int
) -> None:
    with caplog.at_level(logging.INFO):
        tell_licence("https://x/y", licence)
    assert [record.levelno for record in caplog.records] == [level]
    assert licence in caplog.text


def test_a_licence_is_told_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    url = f"https://ann:{SECRET}@host/file?signature={SECRET}"
    with caplog.at_level(logging.INFO):
        tell_licence(url, "MIT")
    assert public_url(url) in caplog.text
    assert SECRET not in caplog.text
