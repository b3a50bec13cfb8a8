"""Blocks of a store come in order and whole."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.datasets.coverage import target_store_writing
from seqcast.datasets.coverage.target_store import CoverageStore
from seqcast.datasets.coverage.target_store_writing import create_store, windows_a_shard
from seqcast.datasets.coverage.target_windows import WINDOWS
from seqcast.genome.intervals import Geometry

GEOMETRY = Geometry(16, 8, 0)
TRACKS = pl.DataFrame({"identifier": ["a"]})
TABLE = pl.DataFrame(
    [("c", 16 * i, 16 * i + 16, "train") for i in range(5)], schema=WINDOWS, orient="row"
)


def block(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.ones((n, 16), dtype=np.uint8), np.full((n, 1, 2), n, dtype=np.float32)


def write(path: Path, sizes: tuple[int, ...]) -> None:
    with create_store(path, TABLE, TRACKS, GEOMETRY, "toy") as append:
        for n in sizes:
            append(*block(n))


def test_any_source(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(target_store_writing, "SHARD_WINDOWS", 2)
    write(tmp_path / "s.zarr", (2, 2, 1))
    store = CoverageStore.open(tmp_path / "s.zarr")
    assert [store.targets(i)[0, 0] for i in range(5)] == [2, 2, 2, 2, 1]
    assert store.provenance == {}


@pytest.mark.parametrize("sizes", [(2, 2), (2, 1), (2, 2, 1, 1)])
def test_blocks_that_are_not_the_windows(tmp_path: Path, monkeypatch, sizes):
    monkeypatch.setattr(target_store_writing, "SHARD_WINDOWS", 2)
    with pytest.raises(ValueError, match="windows"):
        write(tmp_path / "s.zarr", sizes)
    assert list(tmp_path.iterdir()) == []


def test_shards_are_bounded():
    hl_clip = Geometry(393_216, 32, 0)  # 426 tracks x 12,288 bins x 2 bytes = 10.5 MB a window
    assert windows_a_shard(hl_clip, 426) == (1 << 28) // (426 * 12_288 * 2 + 393_216) == 24
    assert windows_a_shard(Geometry(4096, 16, 0), 10) == 256
    assert windows_a_shard(hl_clip, 100_000) == 1
