"""Outputs appear whole or not at all, and carry their provenance."""

import gzip
import json
import os
from pathlib import Path
from stat import S_IMODE
from tempfile import NamedTemporaryFile

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.core.store import (
    atomic,
    copy_text,
    file_sha256,
    read_frames,
    read_provenance,
    read_table,
    read_tsv,
    write_chunks,
    write_table,
    write_tsv,
)
from seqcast.models.convert import write_safetensors


def test_atomic_makes_parents_and_keeps_the_suffix(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "calls.vcf.gz"
    with atomic(path) as temporary:
        assert temporary.parent == path.parent  # a sibling: a rename within one file system
        assert temporary.name.endswith("calls.vcf.gz")
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_atomic_leaves_the_older_file_on_failure(tmp_path: Path, error: type) -> None:
    path = tmp_path / "scores.parquet"
    path.write_text("older")

    def fail() -> None:
        with atomic(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_replaces_folders(tmp_path: Path) -> None:
    path = tmp_path / "coverage.zarr"
    for text in ("first", "second"):
        with atomic(path) as temporary:
            temporary.mkdir()
            (temporary / "chunk").write_text(text)
    assert (path / "chunk").read_text() == "second"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_modes_are_those_of_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    older = os.umask(mask)
    try:
        with atomic(tmp_path / "a.bin") as temporary, NamedTemporaryFile(dir=tmp_path) as file:
            os.link(file.name, temporary)  # as writers that rename a temporary file of their own
        write_safetensors({"a": torch.zeros(2)}, tmp_path / "a.safetensors", {})
        write_tsv(pl.DataFrame({"a": [1]}), tmp_path / "a.tsv")
    finally:
        os.umask(older)
    modes = {path.name: S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(["a.bin", "a.safetensors", "a.tsv"], mode)


def test_a_text_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    frame = pl.DataFrame(
        {
            "fold": ["007", "NA"],
            "note": ['a "quoted" one', ""],
            "value": [0.1, None],
            "n": [3, None],
        }
    )
    write_tsv(frame, path)
    assert read_tsv(path, {"value": pl.Float64, "n": pl.Int64}).equals(frame)
    assert read_tsv(path)["n"].to_list() == ["3", ""]
    write_tsv(frame.clear(), path)
    assert read_tsv(path, {"value": pl.Float64, "n": pl.Int64}).equals(frame.clear())


def scores() -> pl.DataFrame:
    values = [[1.5, 2.5], None, [-0.0, float("inf")]]
    return pl.DataFrame(
        {"variant": ["a", "b", "c"], "SED": pl.Series(values, dtype=pl.Array(pl.Float32, 2))}
    )


@pytest.mark.parametrize("n_rows", [3, 0])
def test_table_round_trip(tmp_path: Path, n_rows: int) -> None:
    path = tmp_path / "scores.parquet"
    frame = scores().head(n_rows)
    write_table(frame, path, {"model": "tiny", "fold": 0})
    assert pl.read_parquet(path).equals(frame)
    assert pl.read_parquet(path).schema == frame.schema
    assert read_provenance(path) == {"model": "tiny", "fold": 0}
    # where other programs look for it
    assert json.loads(pq.read_schema(path).metadata[b"seqcast"]) == {"model": "tiny", "fold": 0}


def test_chunks_tell_what_is_known_before_them_where_tables_do(tmp_path: Path) -> None:
    frame, about = scores(), {"model": "tiny", "fold": 0}
    write_chunks([frame.head(2), frame.tail(1)], frame.schema, tmp_path / "known.parquet", about)
    write_chunks([frame], frame.schema, tmp_path / "counted.parquet", lambda: about)
    for name in ("known.parquet", "counted.parquet"):
        assert read_table(tmp_path / name).equals(frame)
        assert read_provenance(tmp_path / name) == about
    schema = pq.read_schema(tmp_path / "known.parquet")
    assert json.loads(schema.metadata[b"seqcast"]) == about


@pytest.mark.parametrize(("most_bytes", "sizes"), [(1 << 25, [3]), (30, [1, 1, 1]), (60, [2, 1])])
def test_fewer_rows_of_wide_tables_are_held_at_once(tmp_path, monkeypatch, most_bytes, sizes):
    monkeypatch.setattr("seqcast.core.store.MOST_BYTES", most_bytes)  # a row has 24
    write_table(scores(), tmp_path / "scores.parquet", {})
    frames = list(read_frames(tmp_path / "scores.parquet"))
    assert [frame.height for frame in frames] == sizes
    assert pl.concat(frames).equals(scores())


def test_scores_are_fixed_size_lists_for_other_readers(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    write_table(scores(), path, {})
    column = pq.read_table(path)["SED"]
    assert pa.types.is_fixed_size_list(column.type)
    assert column.type.list_size == 2
    assert column.null_count == 1
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"


def test_unserialisable_provenance_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        write_table(scores(), tmp_path / "scores.parquet", {"model": object()})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("header", [True, False])
def test_tsv_has_a_line_a_row(tmp_path: Path, header: bool) -> None:
    path = tmp_path / "made/table.tsv"
    columns = {"text": ['say "so"', "", None, "a\tb\r\nc"], "n": [1.5, None, 2.0, 3.0]}
    write_tsv(pl.DataFrame(columns), path, header)
    lines = path.read_bytes().decode().split("\n")
    assert lines == ["text\tn"] * header + ['say "so"\t1.5', "\t", "\t2.0", "a b c\t3.0", ""]
    assert list(path.parent.iterdir()) == [path]


def test_tsv_without_text_or_rows(tmp_path: Path) -> None:
    write_tsv(pl.DataFrame({"n": [1, 2]}), tmp_path / "n.tsv")
    assert (tmp_path / "n.tsv").read_text() == "n\n1\n2\n"
    write_tsv(pl.DataFrame(schema={"n": pl.Int64, "text": pl.String}), tmp_path / "n.tsv")
    assert (tmp_path / "n.tsv").read_text() == "n\ttext\n"


def test_foreign_parquet_is_refused(tmp_path: Path) -> None:
    scores().write_parquet(tmp_path / "foreign.parquet")
    with pytest.raises(InputError, match=r"foreign\.parquet carries no seqcast provenance"):
        read_provenance(tmp_path / "foreign.parquet")


def test_file_sha256_of_a_published_vector(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_sha256(tmp_path / "abc") == expected


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_copies_of_text_are_plain(tmp_path, name):
    text = "##α\nchr1\t1\n"
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    copy_text(tmp_path / name, tmp_path / "b" / "copy.txt", "a VCF")
    assert (tmp_path / "b" / "copy.txt").read_text(encoding="utf-8") == text
    (tmp_path / name).write_bytes(b"\x00BCF\xff")
    with pytest.raises(InputError, match="a VCF"):
        copy_text(tmp_path / name, tmp_path / "other.txt", "a VCF")
    assert not (tmp_path / "other.txt").exists()
