"""Files count by what they hold, whatever their date; a missing one is found in its cell."""

import os

import pandas as pd
import pytest

from seqcast.plan.inputs import BLOCK_BYTES, BLOCKS, WHOLE_BYTES, cells_of, content_digest


@pytest.fixture
def digest(tmp_path):
    """Digest of a file of these bytes and of one date."""

    def digest(content):
        (tmp_path / "file").write_bytes(content)
        os.utime(tmp_path / "file", (1, 1))
        content_digest.cache_clear()
        return content_digest(tmp_path / "file")

    return digest


def test_every_byte_of_a_small_file_counts(digest):
    first = digest(b"abc")
    assert first.startswith("3 ")
    assert len({first, digest(b"abd"), digest(b"bbc"), digest(b"ab"), digest(b"")}) == 5
    assert digest(b"abc") == first


@pytest.mark.parametrize("block", [0, 7, BLOCKS - 1])
def test_ends_and_blocks_of_a_large_file_count(digest, block):
    plain = bytearray(WHOLE_BYTES + BLOCK_BYTES)
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
        content_digest.cache_clear()
        found.add(content_digest(tmp_path / "a"))
    assert len(found) == 3
    assert content_digest(tmp_path / "none") == ""


def test_the_cells_that_name_a_file_are_found():
    rows = {"model": ["m", "n"], "fold": ["0", "1"], "source": ["a.h5", "b.h5, a.h5"]}
    tables = {"folds.tsv": pd.DataFrame(rows).set_index(["model", "fold"])}
    assert list(cells_of("a.h5", tables)) == [
        "folds.tsv (m 0), column source", "folds.tsv (n 1), column source"]  # fmt: skip
    assert list(cells_of("c.h5", tables)) == []
