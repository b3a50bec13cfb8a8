"""Runs of equal depth from blocks that come by their start."""

import numpy as np
import pytest

from seqcast.datasets.coverage import depth
from seqcast.datasets.coverage.depth import DepthFile


@pytest.mark.parametrize("batch_blocks", [1, 2, 3, 100])
def test_runs_of_two_contigs(tmp_path, monkeypatch, batch_blocks):
    monkeypatch.setattr(depth, "BATCH_BLOCKS", batch_blocks)
    track = DepthFile(tmp_path / "runs")
    for contig, reads in {
        "b": [[(0, 4), (10, 12)], [(2, 4)], [(4, 6)], [(11, 12)]],
        "a": [[(5, 9)], [(5, 9)]],
    }.items():
        track.begin(contig)
        for blocks in reads:
            track.add(blocks, blocks[0][0])
        track.end()
    track.close()
    assert list(track.records({"b": 20, "a": 9, "c": 7}, 0.5)) == [
        ("a", 5, 9, 1.0),
        # depth 2 on [2, 4); [4, 6) joins nothing, as the depth before it is another
        ("b", 0, 2, 0.5), ("b", 2, 4, 1.0), ("b", 4, 6, 0.5), ("b", 10, 11, 0.5),
        ("b", 11, 12, 1.0), ("c", 0, 7, 0.0),
    ]  # fmt: skip


def test_blocks_that_touch_are_one_run(tmp_path):
    track = DepthFile(tmp_path / "runs")
    track.begin("a")
    track.add([(0, 4), (4, 6)], 0)  # as around an insertion
    track.end()
    track.close()
    assert list(track.records({"a": 9}, 1)) == [("a", 0, 6, 1.0)]


def test_random_blocks_are_as_counted_base_by_base(tmp_path, monkeypatch):
    monkeypatch.setattr(depth, "BATCH_BLOCKS", 50)
    rng = np.random.default_rng(1)
    starts = np.sort(rng.integers(0, 900, 1000))
    expected, track = np.zeros(1000), DepthFile(tmp_path / "runs")
    track.begin("a")
    for start in starts.tolist():
        end = start + int(rng.integers(1, 100))
        expected[start:end] += 1
        track.add([(start, end)], start)
    track.end()
    track.close()
    found = np.zeros(1000)
    for _, start, end, value in track.records({"a": 1000}, 1):
        assert not found[start:end].any()
        found[start:end] = value
    assert np.array_equal(found, expected)
