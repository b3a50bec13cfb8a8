"""What a coverage model is trained on: sequences and targets of windows, in one zarr folder.

A store is a zarr (version 3) group: ``codes`` (windows, length) uint8, 0..3 for A C G T and 4 for
anything else; ``targets`` (windows, tracks, bins) float16; the tables of windows and tracks as one
column per array. A window is a chunk, so that it is read alone in two reads; some hundred MB of
windows are a file, so that a human dataset is a few hundred files.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Self, cast

import numpy as np
import polars as pl
import zarr

from seqcast.core.errors import InputError
from seqcast.core.progress import progress
from seqcast.core.seals import damaged
from seqcast.core.zarr_files import opening
from seqcast.datasets.coverage.target_store_writing import (
    FORMAT,
    METADATA_DIGEST,
    NO_CODE,
    create_store,
    metadata_digest,
    windows_a_shard,
)
from seqcast.datasets.coverage.target_windows import check_windows
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry
from seqcast.genome.sequence import base_codes

KEPT_BYTES = 1 << 29
FACTS = ("bin_size_bp", "crop_bins", "window_length_bp", "assembly", "digest", "provenance")

Window = tuple[str, int, int]
TargetsOf = Callable[[int, Sequence[Window]], Iterable[np.ndarray]]


@dataclass(frozen=True, eq=False)
class CoverageStore:
    """An open store; a window is read from disk when it is asked for.

    It can be pickled, and read by several threads and processes at once.

    Attributes
    ----------
    path : Path
    windows : DataFrame
        chrom, start, end (of the targets), part; one row per window.
    tracks : DataFrame
        The targets table as text, ``identifier`` among its columns; one row per track.
    bin_size_bp, crop_bins : int
    window_length_bp : int
        Of the sequences: the targets and `crop_bins` at both ends.
    assembly : str
    digest : str
        SHA-256 of all the content but provenance, 64 hexadecimal digits.
    provenance : dict
    kept_bytes : int
        Arrays up to this size are kept in memory once they are read.
    """

    path: Path
    windows: pl.DataFrame
    tracks: pl.DataFrame
    bin_size_bp: int
    crop_bins: int
    window_length_bp: int
    assembly: str
    digest: str
    provenance: dict[str, Any]
    kept_bytes: int
    _arrays: dict[str, zarr.Array | np.ndarray] = field(
        default_factory=dict, init=False, repr=False
    )
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    @classmethod
    def open(cls, path: str | Path, kept_bytes: int = KEPT_BYTES) -> Self:
        """Open a store for reading.

        Parameters
        ----------
        path : path
            The folder.
        kept_bytes : int
            See the attribute.

        Raises
        ------
        InputError
            If it is missing or was not written by this module.
        """
        with opening(path, "a training store (.zarr)", _made_by):
            group = zarr.open_group(path, mode="r")
            if group.attrs["format"] != FORMAT:
                raise KeyError(f"format {group.attrs['format']!r}")
            attributes = cast(dict[str, Any], dict(group.attrs))
            # stores of older versions have no digest of metadata
            if attributes.get(METADATA_DIGEST, found := metadata_digest(path)) != found:
                raise damaged(path, "its metadata have changed", _made_by(path))
            windows = _read_table(group, "windows", attributes)
            tracks = _read_table(group, "tracks", attributes)
            shape = cast(zarr.Array, group["targets"]).shape
            n_codes = cast(zarr.Array, group["codes"]).shape[0]
            facts = {name: attributes[name] for name in FACTS}
        if (n_codes, *shape[:2]) != (windows.height, windows.height, tracks.height):
            raise InputError(
                f"{path} has {n_codes} sequences, targets of {shape[:2]} windows and tracks, and "
                f"tables of {(windows.height, tracks.height)}; expected the same. Make it again."
            )
        return cls(Path(path), windows, tracks, kept_bytes=kept_bytes, **facts)

    def __len__(self) -> int:
        return self.windows.height

    def __reduce__(self) -> tuple[Callable[..., "CoverageStore"], tuple[Path, int]]:
        return CoverageStore.open, (self.path, self.kept_bytes)

    @property
    def identifiers(self) -> list[str]:
        """Names of the tracks."""
        return self.tracks["identifier"].to_list()

    @property
    def geometry(self) -> Geometry:
        """Length, bins and crop, as a model has them."""
        return Geometry(self.window_length_bp, self.bin_size_bp, self.crop_bins)

    def rows_of(self, parts: Iterable[str]) -> np.ndarray:
        """Numbers of the windows of some parts, ascending."""
        return np.flatnonzero(self.windows["part"].is_in(list(parts)).to_numpy())

    def codes(self, i: int) -> np.ndarray:
        """Sequence of window `i`, shape (window_length_bp,), uint8: A C G T 0..3, else 4."""
        codes = self._read("codes", i)
        if codes[0] == NO_CODE:
            raise self._damaged("its file of codes is missing", i)
        return codes

    def targets(self, i: int) -> np.ndarray:
        """Targets of window `i`, shape (tracks, bins), float16."""
        targets = self._read("targets", i)
        if np.isnan(targets[0, 0]):
            raise self._damaged("its file of targets is missing", i)
        return targets

    def _array(self, name: str) -> zarr.Array | np.ndarray:
        with self._lock:  # else threads that find nothing kept would each load all of it
            if name not in self._arrays:
                self._arrays[name] = self._opened(name)
            return self._arrays[name]

    def _opened(self, name: str) -> zarr.Array | np.ndarray:
        array = cast(zarr.Array, zarr.open_group(self.path, mode="r")[name])
        return np.asarray(array[:]) if array.nbytes <= self.kept_bytes else array

    def _read(self, name: str, i: int) -> np.ndarray:
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        try:
            array = self._array(name)
            return np.asarray(array[i]) if isinstance(array, zarr.Array) else array[i].copy()
        except (RuntimeError, ValueError, OSError) as error:
            raise self._damaged(str(error), i) from error

    def _damaged(self, what: str, i: int) -> InputError:
        reason = f"window {i} cannot be read: {what}"
        return damaged(self.path, reason, _made_by(self.path))


def write_store(
    path: str | Path,
    genome: Genome,
    windows: pl.DataFrame,
    tracks: pl.DataFrame,
    targets: TargetsOf,
    geometry: Geometry,
    *,
    assembly: str,
    provenance: Mapping[str, Any] | None = None,
    threads: int = 1,
) -> None:
    """Write sequences from a genome, and targets from a source that has them by track.

    Windows are taken a file's worth at a time, in their order; of each such block, tracks are read
    in parallel. The memory does not grow with the genome.

    Parameters
    ----------
    path : path
        The folder (``.zarr``); it appears whole or not at all.
    genome : Genome
        Beyond its contigs, a window has unknown bases.
    windows : DataFrame
        `target_windows.WINDOWS`, checked here (`target_windows.check_windows`).
    tracks : DataFrame
        The targets table, ``identifier`` among its columns.
    targets : callable
        (number of the track, windows as (chrom, start, end)) -> their targets in that order,
        float16, shape (bins,) each. Called once a track and block, in `threads` threads; such as
        `bigwig.targets_of_windows` of that track.
    geometry : Geometry
        Of the model: its input, bins and crop; windows are as long as its output.
    assembly : str
        Name of the genome.
    provenance : mapping, optional
        JSON-serialisable facts.
    threads : int

    Raises
    ------
    InputError
        If windows are bad or do not fit the geometry, an identifier is missing or double, or a
        target is not a finite number; or from `targets`.
    ValueError
        If `targets` gives another number or shape of arrays.
    """
    check_windows(windows, genome.contigs, path, crop_bp=geometry.crop_bp)
    crop, size = geometry.crop_bp, windows_a_shard(geometry, tracks.height)
    places: list[Window] = windows.select("chrom", "start", "end").rows()
    starts = progress(-(-len(places) // size), "block")(range(0, len(places), size))
    with (
        create_store(path, windows, tracks, geometry, assembly, provenance) as append,
        ThreadPoolExecutor(threads) as pool,
    ):
        for start in starts:
            block = places[start : start + size]
            values = np.empty((len(block), tracks.height, geometry.bins), dtype=np.float16)
            for _ in pool.map(partial(_fill, values, targets, block), range(tracks.height)):
                pass
            codes = [base_codes(genome.fetch(chrom, low - crop, high + crop))
                     for chrom, low, high in block]  # fmt: skip
            append(np.stack(codes), values)


def _made_by(path: str | Path) -> str:
    """The job that wrote a store, even if its attributes can no longer be read as a whole."""
    attributes = Path(path) / "zarr.json"
    text = attributes.read_bytes() if attributes.is_file() else b""
    found = re.search(rb'"made_by": "([\w.-]+)"', text)
    return found[1].decode() if found else ""


def _fill(values: np.ndarray, targets: TargetsOf, block: Sequence[Window], track: int) -> None:
    """Put the targets of one track into (windows, tracks, bins)."""
    n = 0
    for window in targets(track, block):
        if n == len(block) or window.shape != values.shape[2:]:
            raise ValueError(f"track {track}, window {n} of {len(block)}: targets {window.shape}; "
                             f"expected {values.shape[2:]}, one per window")  # fmt: skip
        values[n, track] = window
        n += 1
    if n < len(block):
        raise ValueError(f"track {track}: targets of {n} windows; expected {len(block)}")


def _read_table(group: zarr.Group, name: str, attributes: Mapping[str, Any]) -> pl.DataFrame:
    columns = attributes["columns"][name]
    arrays = {column: cast(zarr.Array, group[f"{name}/{column}"]) for column in columns}
    if lost := [column for column, a in arrays.items() if a.nchunks_initialized < a.nchunks]:
        raise ValueError(f"files of {name}/{lost[0]} are missing")
    return pl.DataFrame({column: np.asarray(a[:]).tolist() for column, a in arrays.items()})
