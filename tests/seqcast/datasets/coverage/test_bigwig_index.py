"""An index that points outside of its file is refused before the reader ends the process."""

import struct
from pathlib import Path

import numpy as np
import pybigtools
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.bigwig_index import INDEX_HEADER_BYTES, check_bigwig


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "a.bw"
    values = np.random.default_rng(1).random(300_000).tolist()
    # more blocks than one node of the tree holds
    records = [("chr1", i, i + 1, value) for i, value in enumerate(values)]
    pybigtools.open(str(path), "w").write({"chr1": 300_000}, iter(records))
    return path.read_bytes()


def index_of(whole: bytes) -> int:
    return struct.unpack_from("<Q", whole, 24)[0]


def test_a_whole_file_passes(tmp_path: Path, whole: bytes) -> None:
    (tmp_path / "a.bw").write_bytes(whole)
    check_bigwig(tmp_path / "a.bw")
    assert whole[index_of(whole) + INDEX_HEADER_BYTES] == 0  # the root is no leaf: both are walked


def first_leaf(whole: bytes) -> int:
    """Where the first leaf begins, by following first children."""
    at = index_of(whole) + INDEX_HEADER_BYTES
    while whole[at] == 0:
        at = struct.unpack_from("<Q", whole, at + 4 + 16)[0]
    return at


@pytest.mark.parametrize(("field", "value"), [(16, 2**63), (24, 2**40), (24, 2**64 - 1)])
def test_blocks_outside_of_the_file(tmp_path: Path, whole: bytes, field: int, value: int) -> None:
    content = bytearray(whole)
    struct.pack_into("<Q", content, first_leaf(whole) + 4 + field, value)
    (tmp_path / "a.bw").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.bw cannot be read \(its index points at byte"):
        check_bigwig(tmp_path / "a.bw")


def test_nodes_outside_of_the_file_and_circles(tmp_path: Path, whole: bytes) -> None:
    root = index_of(whole) + INDEX_HEADER_BYTES
    for child, said in ((2**50, "points at byte"), (root, "its index is damaged")):
        content = bytearray(whole)
        struct.pack_into("<Q", content, root + 4 + 16, child)
        (tmp_path / "a.bw").write_bytes(content)
        with pytest.raises(InputError, match=said):
            check_bigwig(tmp_path / "a.bw")


@pytest.mark.parametrize("length", [4, 63])
def test_a_cut_header(tmp_path: Path, whole: bytes, length: int) -> None:
    (tmp_path / "a.bw").write_bytes(whole[:length])
    with pytest.raises(InputError, match="ends inside its header"):
        check_bigwig(tmp_path / "a.bw")
