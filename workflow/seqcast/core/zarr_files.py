"""Zarr groups: written whole, and read only as they were written; most are one zip file.

A zip has a checksum of each entry, which is looked at when the entry is read to its end; chunks
that are read alone have one of their own; and the directory of entries is sealed, for an entry that
it does not name would read as an array's fill value.
"""

import math
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

import numpy as np
import zarr
from zarr.codecs import ZstdCodec
from zarr.storage import ZipStore

from seqcast.core.errors import InputError
from seqcast.core.expansion import FREE_BYTES, check_zip
from seqcast.core.seals import check_seal, damaged, seal_zip, sealed_by
from seqcast.core.store import atomic

COMPRESSOR = ZstdCodec(checksum=True)
# what zarr and its codecs raise for bytes that they cannot read
UNREADABLE = (OSError, BadZipFile, zlib.error, RuntimeError, ValueError, LookupError, TypeError)


class StoredArray:
    """An array on disk, of which parts are read as numpy arrays.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    """

    def __init__(self, array: zarr.Array, path: str | Path) -> None:
        chunk_bytes = math.prod(array.chunks) * array.dtype.itemsize
        if chunk_bytes > FREE_BYTES:  # what is read of a chunk is decompressed as a whole
            raise InputError(
                f"{path}: {array.name} has chunks of {chunk_bytes} bytes; expected at most "
                f"{FREE_BYTES >> 20} MiB, as this workflow writes them"
            )
        self._array, self._path = array, path
        self.shape: tuple[int, ...] = array.shape
        self.dtype: np.dtype = array.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """All of it, as ``np.asarray`` asks for."""
        return np.asarray(self[...], dtype)

    def __getitem__(self, index: Any) -> np.ndarray:
        """The part of a basic index, as numpy has them.

        Raises
        ------
        InputError
            If what is on disk is damaged.
        """
        try:
            return np.asarray(self._array[index])
        except IndexError:
            raise
        except UNREADABLE as error:
            raise damaged(self._path, error) from error


@contextmanager
def create_group(path: str | Path, provenance: Mapping[str, Any]) -> Iterator[zarr.Group]:
    """Write a group into a zip file, atomically."""
    with atomic(path) as temporary:
        with ZipStore(temporary, mode="w") as store:
            # Attributes go in at once: a zip entry cannot be replaced.
            yield zarr.create_group(store, attributes={"provenance": dict(provenance)})
        seal_zip(temporary, directory_only=True)


def create_array(
    group: zarr.Group, name: str, shape: tuple[int, ...], chunks: tuple[int, ...],
    shards: tuple[int, ...], dimensions: tuple[str, ...],
) -> zarr.Array:  # fmt: skip
    """An array of float32 in a group of `create_group`, of which chunks are read alone.

    Each has a checksum, and those of zeros are written too: by default they are deleted, which a
    zip store cannot do.
    """
    return group.create_array(
        name, shape=shape, dtype="float32", chunks=chunks, shards=shards,
        dimension_names=dimensions, compressors=COMPRESSOR, config={"write_empty_chunks": True},
    )  # fmt: skip


@contextmanager
def opening(
    path: str | Path, expected: str, made_by: Callable[[str | Path], str]
) -> Iterator[None]:
    """Tell in the words of the user what keeps a group from being opened in the block.

    Parameters
    ----------
    path : path
    expected : str
        What it should be.
    made_by : callable
        Names the job that wrote the path, "" where it does not say.

    Raises
    ------
    InputError
        If the group is missing, damaged, or no such group.
    """
    try:
        yield
    except InputError:
        raise
    except UNREADABLE as error:
        if job := made_by(path):
            raise damaged(path, error, job) from error
        raise InputError(
            f"{path} cannot be opened ({error}); expected {expected} of this workflow. Check the "
            "path, or remove it and make it again."
        ) from error


@contextmanager
def open_group(
    path: str | Path, expected: str, names: Collection[str]
) -> Iterator[tuple[dict[str, StoredArray], dict[str, Any]]]:
    """The arrays of a group that `create_group` wrote, by name, and its provenance.

    Parameters
    ----------
    expected : str
        What the file should be, for the message.
    names : collection of str
        Arrays that it has at least.

    Raises
    ------
    InputError
        If the file is missing, damaged, or no such file.
    """
    with opening(path, f"{expected} (.zarr, one zip file)", sealed_by):
        check_seal(path)
        check_zip(path)
        store = ZipStore(path, mode="r")
        group = zarr.open_group(store, mode="r")
        arrays = {name: StoredArray(array, path) for name, array in group.arrays()}
        if missing := [name for name in names if name not in arrays]:
            raise KeyError(f"no array {missing[0]}")
        provenance = cast(dict[str, Any], group.attrs["provenance"])
    with store:
        yield arrays, provenance
