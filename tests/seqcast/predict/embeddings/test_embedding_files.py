"""Features of nucleotides on disk: end to end, in shards, whole or not at all."""

import numpy as np
import pytest
import zarr

import seqcast
from seqcast.core.errors import InputError
from seqcast.predict.embeddings import embedding_files
from seqcast.predict.embeddings.embedding_files import create_embedding_store, read_embeddings

LENGTHS = [5, 0, 700, 3, 1]
WIDTHS = {"features": 4, "layer_2": 4, "log_likelihood": None}


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(embedding_files, "CHUNK_NT", 8)
    monkeypatch.setattr(embedding_files, "SHARD_NT", 16)


def values(length, seed):
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(size=(length, *([width] if width else []))).astype(np.float32)
        for name, width in WIDTHS.items()
    }


def write(path, lengths=LENGTHS, missing=()):
    ids = [f"s{i}" for i in range(len(lengths))]
    with create_embedding_store(
        path, ids, [0] * len(ids), lengths, WIDTHS, {"model": "m"}
    ) as writer:
        for i, n in enumerate(lengths):
            writer.append(None if n == 0 or i in missing else values(n, i))
    return path


@pytest.mark.usefixtures("small_shards")
def test_each_sequence_comes_back(tmp_path):
    with read_embeddings(write(tmp_path / "e.zarr", missing=[3])) as store:
        assert store.ids == [f"s{i}" for i in range(5)]
        assert np.diff(store.offsets).tolist() == LENGTHS
        assert store.provenance == {"model": "m"}
        for i, n in enumerate(LENGTHS):
            for name, expected in values(n, i).items():
                expected = np.full_like(expected, np.nan) if i == 3 else expected
                np.testing.assert_array_equal(store.read(i, name), expected)
        with pytest.raises(InputError, match=r"no array 'layer_7'; the store has .*layer_2"):
            store.read(0, "layer_7")


@pytest.mark.usefixtures("small_shards")
def test_memory_is_that_of_a_shard(tmp_path):
    with create_embedding_store(
        tmp_path / "e.zarr", ["a"] * 100, [0] * 100, [10] * 100, WIDTHS, {}
    ) as writer:
        for i in range(100):
            writer.append(values(10, i))
            assert sum(len(rows) for rows in writer.waiting["features"]) < 16 + 10


@pytest.mark.parametrize("lengths", [[], [0, 0]])
def test_a_store_may_hold_no_nucleotide(tmp_path, lengths):
    with read_embeddings(write(tmp_path / "e.zarr", lengths)) as store:
        assert len(store.ids) == len(lengths)
        assert all(store.read(i).shape == (0, 4) for i in range(len(lengths)))


def test_it_opens_without_this_package(tmp_path):
    with zarr.storage.ZipStore(write(tmp_path / "e.zarr"), mode="r") as store:
        group = zarr.open_group(store, mode="r")
        assert group.metadata.zarr_format == 3
        start, stop = group["offsets"][2:4]
        np.testing.assert_array_equal(group["features"][start:stop], values(700, 2)["features"])


@pytest.mark.parametrize(("append", "message"), [
    ([4], r"sequence 1: features is \(4, 4\), not \(5, 4\)"),
    ([5], "1 of 2 sequences"),
])  # fmt: skip
def test_what_does_not_fit_leaves_no_file(tmp_path, append, message):
    def fill():
        with create_embedding_store(
            tmp_path / "e.zarr", ["a", "b"], [0, 0], [5, 5], WIDTHS, {}
        ) as writer:
            for n in append:
                writer.append(values(n, 0))

    with pytest.raises(ValueError, match=message):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_it_is_read_through_a_door(tmp_path):
    with seqcast.read_embeddings(write(tmp_path / "e.zarr")) as features:
        np.testing.assert_array_equal(features.read(2), values(700, 2)["features"])
    assert "read_embeddings" in seqcast.__all__


def test_another_file_is_named(tmp_path):
    (tmp_path / "x.zarr").write_text("no zip")
    for name in ("x.zarr", "none.zarr"):
        with pytest.raises(InputError, match=rf"{name} cannot be opened .* expected features"):
            read_embeddings(tmp_path / name).__enter__()
