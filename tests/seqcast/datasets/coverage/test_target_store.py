"""A training store gives back what went in, from disk and from memory, and says when it cannot."""

import multiprocessing
import pickle
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.coverage import target_store_writing
from seqcast.datasets.coverage.target_store import CoverageStore, write_store
from seqcast.datasets.coverage.target_windows import WINDOWS
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry

GEOMETRY = Geometry(length_bp=48, bin_size_bp=8, crop_bins=1)  # 4 bins, 32 bp
STARTS = [64, 0, 32, 96, 128, 160, 160]
WINDOWS_TABLE = pl.DataFrame(
    [("chrA", start, start + 32, f"fold{i % 2 if i < 6 else 1}") for i, start in enumerate(STARTS)],
    schema=WINDOWS,
    orient="row",
)
TRACKS = pl.DataFrame(
    {"": ["0", "1", "3"], "identifier": ["x+", "x-", "y"], "clip": ["9", "9", ""]}
)


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    letters = np.random.default_rng(3).choice(list("ACGTNacgtr"), 200).tolist()
    (tmp_path / "g.fa").write_text(">chrA\n" + "".join(letters) + "\n")
    return Genome(tmp_path / "g.fa")


def targets_of(track: int, windows: list) -> list[np.ndarray]:
    """Any function of track and place; zeros for a whole window too."""
    return [
        (np.arange(4) * (start > 0) + 100 * track + start / 8).astype(np.float16)
        for _, start, _ in windows
    ]


def write(path: Path, genome: Genome, **changes) -> CoverageStore:
    given = {"windows": WINDOWS_TABLE, "tracks": TRACKS, "targets": targets_of, "threads": 2,
             "geometry": GEOMETRY, "assembly": "toy", "provenance": {"by": "test"}}  # fmt: skip
    write_store(path, genome, **{**given, **changes})
    return CoverageStore.open(path)


@pytest.fixture
def store(tmp_path: Path, genome: Genome, monkeypatch: pytest.MonkeyPatch) -> CoverageStore:
    monkeypatch.setattr(target_store_writing, "SHARD_WINDOWS", 3)  # 7 windows in 3 files
    return write(tmp_path / "a.zarr", genome)


def check_content(store: CoverageStore, genome: Genome) -> None:
    for i, start in enumerate(STARTS):
        text = genome.fetch("chrA", start - 8, start + 40)
        assert store.codes(i).tolist() == ["ACGT".find(letter) % 5 for letter in text]
        expected = [targets_of(track, [("chrA", start, start + 32)])[0] for track in range(3)]
        assert np.array_equal(store.targets(i), np.stack(expected))
        assert (store.codes(i).dtype, store.targets(i).dtype) == (np.uint8, np.float16)


@pytest.mark.parametrize("kept_bytes", [0, 1 << 20])
def test_round_trip(store: CoverageStore, genome: Genome, kept_bytes: int):
    store = CoverageStore.open(store.path, kept_bytes)
    check_content(store, genome)
    check_content(pickle.loads(pickle.dumps(store)), genome)
    assert len(store) == 7
    assert store.windows.equals(WINDOWS_TABLE)
    assert store.tracks.columns == ["index", "identifier", "clip"]
    assert store.tracks["clip"].to_list() == ["9", "9", ""]
    assert store.identifiers == ["x+", "x-", "y"]
    assert (store.bin_size_bp, store.crop_bins, store.window_length_bp) == (8, 1, 48)
    assert store.geometry == GEOMETRY
    assert (store.assembly, store.provenance) == ("toy", {"by": "test"})
    assert store.rows_of(["fold1"]).tolist() == [1, 3, 5, 6]
    store.targets(0)[:] = 7  # the caller's own
    check_content(store, genome)
    with pytest.raises(IndexError, match="window 7 of 7"):
        store.codes(7)


def test_files_are_few(store: CoverageStore):
    files = [path for path in (store.path / "targets" / "c").rglob("*") if path.is_file()]
    assert len(files) == 3


def test_threads_and_processes_read_at_once(store: CoverageStore, genome: Genome):
    store = CoverageStore.open(store.path, 0)
    expected = [store.targets(i).tolist() for i in range(7)]
    with ThreadPoolExecutor(4) as pool:
        rows = list(range(7)) * 5
        assert [t.tolist() for t in pool.map(store.targets, rows)] == expected * 5
    with multiprocessing.get_context("spawn").Pool(1) as processes:
        assert [t.tolist() for t in processes.map(store.targets, range(7))] == expected


def test_threads_load_a_kept_array_once(store: CoverageStore, monkeypatch: pytest.MonkeyPatch):
    loaded, load = [], CoverageStore._opened

    def slow(self: CoverageStore, name: str):
        loaded.append(name)
        time.sleep(0.05)
        return load(self, name)

    monkeypatch.setattr(CoverageStore, "_opened", slow)
    store = CoverageStore.open(store.path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store.targets, [0, 1, 2, 3]))
    assert loaded == ["targets"]


def test_digest_is_of_the_content(
    tmp_path: Path, genome: Genome, store: CoverageStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(target_store_writing, "SHARD_WINDOWS", 2)  # other blocks, the same content
    again = write(tmp_path / "b.zarr", genome, threads=1, provenance={"by": "another"})
    assert again.digest == store.digest
    assert len(store.digest) == 64

    def other(track: int, windows: list) -> list[np.ndarray]:
        return [values + np.float16(1) for values in targets_of(track, windows)]

    changes = {"targets": other, "assembly": "hg38", "tracks": TRACKS.with_columns(clip=pl.lit("8")),
               "windows": WINDOWS_TABLE.with_columns(part=pl.lit("fold0"))}  # fmt: skip
    digests = {write(tmp_path / f"{name}.zarr", genome, **{name: value}).digest
               for name, value in changes.items()}  # fmt: skip
    assert len(digests | {store.digest}) == 5


def test_stores_of_another_kind_and_damaged_ones(tmp_path: Path, store: CoverageStore):
    with pytest.raises(InputError, match=r"none.zarr cannot be opened .* Check the path"):
        CoverageStore.open(tmp_path / "none.zarr")
    first, second = (store.path / "targets" / "c" / name / "0" / "0" for name in "01")
    second.unlink()
    broken = CoverageStore.open(store.path, 0)
    broken.targets(0)
    with pytest.raises(
        InputError, match=r"window 3 cannot be read: its file of targets is missing"
    ):
        broken.targets(3)
    data = bytearray(first.read_bytes())
    data[10] ^= 255
    first.write_bytes(data)
    with pytest.raises(InputError, match=r"window 0 cannot be read"):
        broken.targets(0)
    shutil.rmtree(store.path / "codes")
    with pytest.raises(InputError, match="its metadata have changed"):
        CoverageStore.open(store.path, 0).codes(0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"windows": WINDOWS_TABLE.with_columns(pl.col("end") - 8)}, "has 24 bp; expected 32, 4 bins"),
        ({"windows": WINDOWS_TABLE.with_columns(chrom=pl.lit("chrB"))}, "'chrB', of which"),
        ({"windows": WINDOWS_TABLE.with_columns(pl.col("start", "end") + 9)}, "ends at 201 of"),
        ({"windows": WINDOWS_TABLE.clear()}, "no windows"),
        ({"windows": WINDOWS_TABLE.with_columns(part=pl.Series(["train", "test"] * 3 + ["valid"]))},
         "overlap"),
        ({"tracks": TRACKS.clear()}, "0 tracks; expected one or more"),
        ({"tracks": TRACKS.with_columns(identifier=pl.lit("x"))}, "the same .*'x'"),
        ({"tracks": TRACKS.drop("identifier")}, "without an identifier"),
        ({"targets": lambda track, windows: [np.full(4, np.inf, np.float16)] * len(windows)},
         r"track 'x\+' is inf in bin 0 of window chrA:64-96; expected finite"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_on_stops(tmp_path: Path, genome: Genome, changes, message):
    with pytest.raises(InputError, match=message):
        write(tmp_path / "x.zarr", genome, **changes)
    assert not list(tmp_path.glob("*.zarr"))  # nor a part of one


@pytest.mark.parametrize("shapes", [[(4,)] * 6, [(4,)] * 8, [(5,)] * 7])
def test_sources_of_another_shape(tmp_path: Path, genome: Genome, shapes):
    with pytest.raises(ValueError, match="targets"):
        write(tmp_path / "x.zarr", genome, targets=lambda track, windows: map(np.zeros, shapes))
