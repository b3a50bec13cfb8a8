"""Writing a training store, from any source that has codes and targets of windows in order.

What is in it: see `seqcast.datasets.coverage.target_store`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import zarr
from zarr.codecs import ZstdCodec

from seqcast.core.errors import InputError
from seqcast.core.seals import current_job
from seqcast.core.store import atomic
from seqcast.datasets.coverage.target_windows import WINDOWS
from seqcast.genome.intervals import Geometry

FORMAT = "seqcast coverage store 1"
METADATA_DIGEST = "metadata_sha256"
SHARD_BYTES = 1 << 28  # before compression: writing takes some three times this
SHARD_WINDOWS = 256
# What a file that went missing reads as; no window that was written begins with these.
NO_CODE, NO_TARGET = 255, float("nan")

Append = Callable[[np.ndarray, np.ndarray], None]


@contextmanager
def create_store(
    path: str | Path,
    windows: pl.DataFrame,
    tracks: pl.DataFrame,
    geometry: Geometry,
    assembly: str,
    provenance: Mapping[str, Any] | None = None,
) -> Iterator[Append]:
    """Write a store block by block, from any source.

    Parameters
    ----------
    path, windows, tracks, geometry, assembly, provenance : see `target_store.write_store`

    Yields
    ------
    callable
        Takes codes (n, length) and targets (n, tracks, bins) of the next n windows; n is
        `windows_a_shard`, but for the last block.

    Raises
    ------
    InputError
        As `target_store.write_store`.
    ValueError
        If a block has another shape, or windows are missing at the end.
    """
    _check_tables(path, windows, tracks, geometry)
    shape = (windows.height, tracks.height, geometry.bins)
    size = windows_a_shard(geometry, tracks.height)
    tables = {"windows": windows.select(list(WINDOWS)), "tracks": _named(tracks)}
    head = _head(tables, geometry, assembly)
    with atomic(path) as temporary:
        group = zarr.create_group(temporary, attributes={"provenance": dict(provenance or {})})
        digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
        for name, table in tables.items():
            _write_table(group, name, table)
            digest.update(json.dumps(table.rows()).encode())
        codes = _create(group, "codes", (shape[0], geometry.length_bp), "uint8", NO_CODE, size)
        targets = _create(group, "targets", shape, "float16", NO_TARGET, size)
        written, apart = 0, hashlib.sha256()  # together, they would depend on the size of blocks

        def append(some_codes: np.ndarray, some_targets: np.ndarray) -> None:
            nonlocal written
            end = min(written + size, shape[0])
            wanted = [(end - written, geometry.length_bp), (end - written, *shape[1:])]
            _check_shapes([some_codes.shape, some_targets.shape], wanted, written)
            _check_finite(some_targets, windows[written:end], tracks)
            for array, x, part in ((codes, some_codes, digest), (targets, some_targets, apart)):
                block = np.ascontiguousarray(x, dtype=array.dtype)
                array[written:end] = block
                part.update(block.data)
            written = end

        yield append
        if written != shape[0]:
            raise ValueError(f"{written} of {shape[0]} windows were written to {path}")
        digest.update(apart.digest())
        _finish(group, temporary, {**head, "digest": digest.hexdigest()})


def windows_a_shard(geometry: Geometry, tracks: int) -> int:
    """How many windows of so many tracks go into one file."""
    window_bytes = 2 * tracks * geometry.bins + geometry.length_bp
    return max(1, min(SHARD_WINDOWS, SHARD_BYTES // window_bytes))


def metadata_digest(path: str | Path) -> str:
    """SHA-256 of shapes, kinds and attributes: of the metadata files of a group, without itself."""
    digest = hashlib.sha256()
    for file in sorted(Path(path).rglob("zarr.json")):
        found = json.loads(file.read_bytes())
        if file.parent == Path(path):
            found["attributes"].pop(METADATA_DIGEST, None)
        name = file.relative_to(path).as_posix()
        digest.update(json.dumps([name, found], sort_keys=True).encode())
    return digest.hexdigest()


def _finish(group: zarr.Group, path: Path, attributes: Mapping[str, Any]) -> None:
    """Write attributes, what made the store, and the digest of all metadata."""
    group.update_attributes({**attributes, "made_by": current_job()})
    group.update_attributes({METADATA_DIGEST: metadata_digest(path)})


def _head(tables: Mapping[str, pl.DataFrame], geometry: Geometry, assembly: str) -> dict[str, Any]:
    """Attributes of a store, but for its digest and provenance."""
    return {
        "format": FORMAT,
        "assembly": assembly,
        "bin_size_bp": geometry.bin_size_bp,
        "crop_bins": geometry.crop_bins,
        "crop_bp": geometry.crop_bp,
        "window_length_bp": geometry.length_bp,
        "columns": {name: table.columns for name, table in tables.items()},
    }


def _check_tables(
    path: str | Path, windows: pl.DataFrame, tracks: pl.DataFrame, geometry: Geometry
) -> None:
    """Refuse windows of another length than a model's output, and tracks without own names."""
    length_bp = geometry.bins * geometry.bin_size_bp
    if windows.is_empty() or tracks.is_empty():
        raise InputError(f"{path}: {windows.height} windows and {tracks.height} tracks; expected "
                         "one or more. Check the tables of windows and targets.")  # fmt: skip
    other = windows.filter(pl.col("end") - pl.col("start") != length_bp)
    if not other.is_empty():
        chrom, start, end = other.select("chrom", "start", "end").row(0)
        raise InputError(
            f"{path}: window {chrom}:{start}-{end} has {end - start} bp; expected {length_bp}, "
            f"{geometry.bins} bins of {geometry.bin_size_bp} bp, as {geometry.length_bp} bp of "
            "sequence without crop. Take windows of the model's output length."
        )
    names = tracks["identifier"] if "identifier" in tracks.columns else pl.Series([None])
    if names.is_null().any() or names.is_duplicated().any():
        double = names.filter(names.is_duplicated()).head(1).to_list()
        raise InputError(
            f"{path}: tracks without an identifier, or with the same ({double}); expected a name "
            "of its own for each track in column identifier of the targets table"
        )


def _check_shapes(found: list[tuple], wanted: list[tuple], written: int) -> None:
    """Refuse a block that is not the next windows."""
    if found != wanted or not wanted[0][0]:
        raise ValueError(
            f"codes and targets of {found} after {written} windows; expected {wanted}, none "
            "where all windows are written"
        )


def _check_finite(targets: np.ndarray, windows: pl.DataFrame, tracks: pl.DataFrame) -> None:
    """Refuse numbers that no loss can be computed of."""
    if np.isfinite(targets).all():
        return
    window, track, column = np.argwhere(~np.isfinite(targets))[0].tolist()
    chrom, start, end = windows.select("chrom", "start", "end").row(window)
    raise InputError(
        f"track {tracks['identifier'][track]!r} is {targets[window, track, column]} in bin "
        f"{column} of window {chrom}:{start}-{end}; expected finite numbers up to 65504. Set "
        "clip or a smaller scale in the targets table, or fix the track's file."
    )


def _create(
    group: zarr.Group, name: str, shape: tuple[int, ...], dtype: str, fill: float, size: int
) -> zarr.Array:
    """An array of one chunk per window, `size` windows per file."""
    return group.create_array(
        name, shape=shape, dtype=dtype, chunks=(1, *shape[1:]), shards=(size, *shape[1:]),
        # level 1: coverage, half of it zeros, shrinks to a tenth, and reads at disk speed
        compressors=ZstdCodec(level=1, checksum=True), fill_value=fill,
    )  # fmt: skip


def _named(tracks: pl.DataFrame) -> pl.DataFrame:
    """A targets table as text, its unnamed first column called index."""
    return tracks.select(pl.all().cast(pl.String).fill_null("").name.map(lambda n: n or "index"))


def _write_table(group: zarr.Group, name: str, table: pl.DataFrame) -> None:
    part = group.create_group(name)
    for column in table.columns:
        values = table[column]
        text = np.array(values.to_list(), dtype=np.dtypes.StringDType())
        part.create_array(
            column, data=text if values.dtype == pl.String else values.to_numpy(),
            compressors=ZstdCodec(checksum=True), config={"write_empty_chunks": True},
        )  # fmt: skip
