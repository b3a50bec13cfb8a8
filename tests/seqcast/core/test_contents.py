"""Files count by what they hold, whatever their date."""

import os
from pathlib import Path

import pytest

from seqcast.core.contents import BLOCK_BYTES, BLOCKS, PLANNING_BYTES, content_digest, contents_of


@pytest.fixture
def digest(tmp_path):
    """Digest of a file of these bytes and of one date."""

    def digest(content):
        (tmp_path / "file").write_bytes(content)
        os.utime(tmp_path / "file", (1, 1))
        return content_digest(tmp_path / "file")

    return digest


def test_every_byte_of_a_small_file_counts(digest):
    first = digest(b"abc")
    assert first.startswith("3 ")
    assert len({first, digest(b"abd"), digest(b"bbc"), digest(b"ab"), digest(b"")}) == 5
    assert digest(b"abc") == first


@pytest.mark.parametrize("block", [0, 7, BLOCKS - 1])
def test_ends_and_blocks_of_a_large_file_count(digest, block):
    plain = bytearray(PLANNING_BYTES + BLOCK_BYTES)
    changed = bytearray(plain)
    changed[(len(plain) - BLOCK_BYTES) * block // (BLOCKS - 1) + BLOCK_BYTES - 1] = 1
    assert digest(bytes(changed)) != digest(bytes(plain))
    assert digest(bytes(plain[:-1])) != digest(bytes(plain))


def test_a_folder_counts_with_the_names_of_its_files(tmp_path):
    (tmp_path / "a").mkdir()
    found = set()
    for name, text in [("x", "1"), ("y", "1"), ("y", "2")]:
        for path in (tmp_path / "a").iterdir():
            path.unlink()
        (tmp_path / "a" / name).write_text(text)
        found.add(content_digest(tmp_path / "a"))
    assert len(found) == 3
    assert content_digest(tmp_path / "none") == ""


def test_each_file_of_a_deep_folder_is_read_once(tmp_path, monkeypatch):
    opened, plain = [], Path.open

    def counted(path, *mode, **options):
        opened.append(path)
        return plain(path, *mode, **options)

    bottom = tmp_path / "a/b/c/d/e/f"
    bottom.mkdir(parents=True)
    monkeypatch.setattr(Path, "open", counted)
    found = {content_digest(tmp_path)}
    for name, text in [("x", "1"), ("x", "2"), ("y", "2")]:
        (bottom / name).write_bytes(text.encode())
        before = len(opened)
        found.add(content_digest(tmp_path))
        assert opened[before:] == sorted(bottom.iterdir())
    (bottom / "empty").mkdir()
    assert len({*found, content_digest(tmp_path)}) == 5


def test_a_job_reads_larger_files_whole(tmp_path):
    plain = bytearray(PLANNING_BYTES + BLOCK_BYTES)
    changed = bytearray(plain)
    changed[BLOCK_BYTES] = 1  # between two blocks
    (tmp_path / "a").write_bytes(plain)
    (tmp_path / "b").write_bytes(changed)
    found = contents_of({name: str(tmp_path / name) for name in "ab"})
    assert found["a"] != found["b"]
    assert content_digest(tmp_path / "a") == content_digest(tmp_path / "b")
