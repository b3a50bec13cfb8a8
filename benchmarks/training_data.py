"""What `benchmarks.training` trains on: a made-up genome, its coverage, and stores of them.

It also measures how fast windows are read from a store, and from bigWig files.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pybigtools

from benchmarks.bigwig import rna_like
from seqcast.datasets.coverage.bigwig import BigWig, targets_of_windows, window_targets
from seqcast.datasets.coverage.coverage_sets import SetFiles, store_targets, transform_of
from seqcast.datasets.coverage.target_store import CoverageStore
from seqcast.genome.fasta import Genome
from seqcast.genome.sequence import base_codes
from seqcast.training.coverage import CoverageSet, CoverageTask, Part
from seqcast.training.loop import BATCHES_AHEAD
from seqcast.training.prefetch import prefetched
from seqcast.training.task_options import CoverageOptions

CHROM, BIN_SIZE_BP = "chr1", 32
# Tracks take them in turn, with scales of their own. In a window, tracks of one file are further
# apart than zstd looks back, so that they shrink as strangers do.
BIGWIGS = 32
SHORT_SET_WINDOWS = 64  # of a set whose windows are shorter than the longest
RANDOM_FROM_BIGWIGS = 4  # windows: each takes about a second

Window = tuple[str, int, int]
Pair = tuple[np.ndarray, np.ndarray]  # codes (length_bp,), targets (tracks, bins)


def make_sets(folder: Path, windows: int, sets: dict[str, tuple[int, int]]) -> dict[str, float]:
    """Write ``genome.fa``, bigWig files, and a table and a store of each set.

    Parameters
    ----------
    folder : Path
    windows : int
        Of the set that has the longest; the last one is for validation.
    sets : dict
        Name -> length of a window in bp, and tracks.

    Returns
    -------
    dict
        Name -> CPU seconds for its store.
    """
    longest_bp = max(window_bp for window_bp, _ in sets.values())
    length_bp = windows * longest_bp
    bases = np.random.default_rng(0).integers(0, 4, length_bp)
    letters = np.frombuffer(b"ACGT", np.uint8)[bases].tobytes()
    (folder / "genome.fa").write_bytes(b">" + CHROM.encode() + b"\n" + letters + b"\n")
    for i in range(BIGWIGS):
        records = rna_like(length_bp, np.random.default_rng(i))
        pybigtools.open(str(folder / f"{i}.bw"), "w").write({CHROM: length_bp}, records)
    seconds = {}
    for name, (window_bp, tracks) in sets.items():
        targets_table(tracks).write_csv(folder / f"{name}.tsv", separator="\t")
        count = windows if window_bp == longest_bp else SHORT_SET_WINDOWS
        starts = np.arange(min(count, length_bp // window_bp)) * window_bp
        places = pl.DataFrame({"chrom": CHROM, "start": starts, "end": starts + window_bp})
        part = pl.when(pl.int_range(pl.len()) < pl.len() - 1).then(pl.lit("train"))
        places = places.with_columns(part.otherwise(pl.lit("valid")).alias("part"))
        places.write_csv(folder / f"{name}.bed", separator="\t", include_header=False)
        files = SetFiles(folder / "genome.fa", folder / f"{name}.bed", folder / f"{name}.tsv")
        options = {"window_bp": window_bp, "bin_bp": BIN_SIZE_BP, "crop_bins": 0}
        begun = time.process_time()
        store_targets(files, folder / f"{name}.zarr", "made_up", options, {}, threads=1)
        seconds[name] = time.process_time() - begun
    return seconds


def targets_table(tracks: int) -> pl.DataFrame:
    """A targets table: neighbours are the strands of an assay."""
    rows = np.arange(tracks)
    return pl.DataFrame({
        "": rows, "identifier": [f"{i // 2}{'+-'[i % 2]}" for i in rows],
        "file": [f"{i % BIGWIGS}.bw" for i in rows], "clip": 384, "clip_soft": 384,
        "scale": 0.3 + 0.001 * (rows // BIGWIGS), "sum_stat": "sum_sqrt",
        "strand_pair": rows ^ 1, "description": "RNA",
    })  # fmt: skip


def from_file(store: CoverageStore) -> CoverageStore:
    """The store, each window of which is read from its file when it is asked for."""
    return replace(store, kept_bytes=0)


def read_windows(folder: Path, name: str) -> dict[str, Any]:
    """Windows a CPU second and a second, from a set's store and from its bigWig files.

    A window is bases and targets of all tracks. What the bigWig files give equals the store.
    """
    store = from_file(CoverageStore.open(folder / f"{name}.zarr"))
    in_order = list(range(len(store)))
    at_random = np.random.default_rng(0).permutation(len(store)).tolist()
    few = at_random[:RANDOM_FROM_BIGWIGS]
    ways: dict[str, tuple[Callable[..., Iterable[Any]], list[int]]] = {
        "store, in order": (each_window, in_order),
        "store, at random": (each_window, at_random),
        "store, at random, by the readers of a training": (read_ahead, at_random),
        "bigWig files, in order": (FromBigWigs(folder, name).together, in_order),
        "bigWig files, at random": (FromBigWigs(folder, name).one_by_one, few),
    }
    list(each_window(store, in_order[:1]))  # opened
    rates = {way: rate(read, store, rows) for way, (read, rows) in ways.items()}
    for way, (read, _) in list(ways.items())[-2:]:
        for row, (codes, targets) in zip(few, read(store, few), strict=True):
            assert np.array_equal(codes, store.codes(row)), way
            assert np.array_equal(targets, store.targets(row)), way
    size = sum(path.stat().st_size for path in store.path.rglob("*") if path.is_file())
    a_window = store.codes(0).nbytes + store.targets(0).nbytes
    return {"rates": rates, "windows": len(store), "tracks": len(store.identifiers),
            "window_mb": a_window / 1e6, "file_mb": size / 1e6 / len(store)}  # fmt: skip


def rate(
    read: Callable[..., Iterable[Any]], store: CoverageStore, rows: Sequence[int]
) -> tuple[float, float]:
    """Windows a CPU second, and a second."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in read(store, rows):
        pass
    return len(rows) / (time.process_time() - cpu), len(rows) / (time.perf_counter() - wall)


def each_window(store: CoverageStore, rows: Sequence[int]) -> Iterator[Pair]:
    """Bases and targets of windows, one after the other."""
    return ((store.codes(row), store.targets(row)) for row in rows)


def read_ahead(store: CoverageStore, rows: Sequence[int]) -> Iterator[Any]:
    """Windows as a training gets them: augmented, as tensors, by several threads."""
    pair = np.arange(len(store.identifiers)) ^ 1
    windows = CoverageSet("human", store, np.array(rows[1:]), np.array(rows[:1]), pair)
    task = CoverageTask([windows], CoverageOptions())
    augmented = [Part(0, np.array([row]), np.array([row % 2 > 0]), np.array([1])) for row in rows]
    return prefetched(augmented, task.load, BATCHES_AHEAD)


class FromBigWigs:
    """Windows of a set by the same code that made its store, without a store."""

    def __init__(self, folder: Path, name: str) -> None:
        self.genome = Genome(folder / "genome.fa")
        table = pl.read_csv(folder / f"{name}.tsv", separator="\t", infer_schema=False)
        self.tracks = [(BigWig(folder / row["file"]), transform_of(row, name))
                       for row in table.iter_rows(named=True)]  # fmt: skip

    def codes(self, window: Window) -> np.ndarray:
        """Bases of a window."""
        return base_codes(self.genome.fetch(*window))

    def together(self, store: CoverageStore, rows: Sequence[int]) -> list[Pair]:
        """All windows, one track after the other."""
        windows = places(store, rows)
        targets = np.stack([
            list(targets_of_windows(track, windows, transform, BIN_SIZE_BP))
            for track, transform in self.tracks
        ], axis=1)  # fmt: skip
        return [(self.codes(window), one) for window, one in zip(windows, targets, strict=True)]

    def one_by_one(self, store: CoverageStore, rows: Sequence[int]) -> Iterator[Pair]:
        """One window after the other, each of all tracks."""
        for window in places(store, rows):
            targets = [window_targets(track, *window, transform, BIN_SIZE_BP)
                       for track, transform in self.tracks]  # fmt: skip
            yield self.codes(window), np.stack(targets)


def places(store: CoverageStore, rows: Sequence[int]) -> list[Window]:
    """Contig, start and end of windows."""
    return [store.windows.row(row)[:3] for row in rows]
