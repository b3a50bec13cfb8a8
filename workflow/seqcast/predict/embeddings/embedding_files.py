"""Features of nucleotides on disk: one zarr file a model, fold and set of sequences.

A store is a zarr (version 3) group in one zip file, as those of `coverage_files`. Sequences lie end
to end: nucleotides of sequence i are rows ``offsets[i]`` to ``offsets[i + 1]`` of each array, so
that none is padded. To open it without this package:
``zarr.open_group(zarr.storage.ZipStore(path, mode="r"), mode="r")``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from seqcast.core.errors import InputError
from seqcast.core.zarr_files import StoredArray, create_array, create_group, open_group

CHUNK_NT = 1024  # rows read at once
SHARD_NT = 16 * CHUNK_NT  # rows written at once: an entry of the zip
ROWS = ("id", "offsets", "start_nt")  # arrays that say where a sequence lies
FEATURES, LOG_LIKELIHOOD = "features", "log_likelihood"


@dataclass(frozen=True)
class NucleotideFeatures:
    """An open store; values are read from disk as they are indexed.

    Attributes
    ----------
    arrays : dict of str to StoredArray
        Those that were asked for, all float32: ``features`` (nucleotides, width), after the model's
        last norm; ``layer_0`` and so on (nucleotides, width), hidden states; ``log_likelihood``
        (nucleotides,), nats. NaN where the model gave no number; the log-likelihood is NaN too
        where nothing stands before the nucleotide, and where it is N.
    ids : list of str
    offsets : ndarray of int64, shape=(sequences + 1,)
        Rows of sequence i: ``offsets[i]`` to ``offsets[i + 1]``, none where it is not embedded.
    start_nt : ndarray of int64, shape=(sequences,)
        The nucleotide of the sequence, from 0, that is its first row: not 0 where the left end was
        left out.
    provenance : dict
    """

    arrays: dict[str, StoredArray]
    ids: list[str]
    offsets: np.ndarray
    start_nt: np.ndarray
    provenance: dict[str, Any]

    def read(self, sequence: int, array: str = FEATURES) -> np.ndarray:
        """Rows of a sequence by its number, one per nucleotide: (length_nt, width) or (length_nt,).

        Raises
        ------
        InputError
            If the store has no array of that name.
        """
        if array not in self.arrays:
            raise InputError(f"no array {array!r}; the store has {', '.join(self.arrays)}")
        rows = slice(int(self.offsets[sequence]), int(self.offsets[sequence + 1]))
        return self.arrays[array][rows]


class Writer:
    """Takes the sequences of a store, one after the other, in memory of some shards."""

    def __init__(self, arrays: Mapping[str, zarr.Array], lengths_nt: np.ndarray) -> None:
        self.arrays, self.lengths_nt = arrays, lengths_nt
        self.waiting: dict[str, list[np.ndarray]] = {name: [] for name in arrays}
        self.rows = self.sequences = self.written = 0

    def append(self, values: Mapping[str, np.ndarray] | None) -> None:
        """The arrays of the next sequence, one row per nucleotide; None if there are no numbers."""
        length = int(self.lengths_nt[self.sequences])
        for name, array in self.arrays.items():
            shape = (length, *array.shape[1:])
            rows = np.full(shape, np.nan, np.float32) if values is None else values[name]
            if rows.shape != shape:
                raise ValueError(
                    f"sequence {self.sequences + 1}: {name} is {rows.shape}, not {shape}"
                )
            self.waiting[name].append(rows)
        self.sequences += 1
        self.rows += length
        if self.rows - self.written >= SHARD_NT:
            self._write(SHARD_NT * (self.rows // SHARD_NT))

    def finish(self) -> None:
        """Write what is left."""
        if self.sequences != len(self.lengths_nt):
            raise ValueError(f"{self.sequences} of {len(self.lengths_nt)} sequences were written")
        self._write(self.rows)

    def _write(self, stop: int) -> None:
        if stop == self.written:
            return
        # whole shards only, but for the last: an entry of a zip cannot be replaced
        for name, array in self.arrays.items():
            rows = np.concatenate(self.waiting[name])
            for first in range(self.written, stop, SHARD_NT):
                last = min(first + SHARD_NT, stop)
                array[first:last] = rows[first - self.written : last - self.written]
            self.waiting[name] = [rows[stop - self.written :].copy()]
        self.written = stop


@contextmanager
def create_embedding_store(
    path: str | Path,
    ids: Sequence[str],
    start_nt: Sequence[int],
    lengths_nt: Sequence[int],
    widths: Mapping[str, int | None],
    provenance: Mapping[str, Any],
) -> Iterator[Writer]:
    """Write features sequence by sequence.

    Parameters
    ----------
    path : path
        The zip file (``.zarr``), written atomically.
    ids : sequence of str
        Of all sequences, those that are not embedded included.
    start_nt, lengths_nt : sequence of int
        Which nucleotides of each have rows; length 0 where none have.
    widths : mapping
        Names of the arrays to their columns; None for one number per nucleotide.
    provenance : mapping
        JSON-serialisable facts about the run.

    Raises
    ------
    ValueError
        If a sequence has other rows than announced, or sequences are missing at the end.
    """
    offsets = np.concatenate([[0], np.cumsum(lengths_nt, dtype=np.int64)]).astype(np.int64)
    with create_group(path, provenance) as group:
        group.create_array("id", data=np.array(list(ids), dtype=np.dtypes.StringDType()))
        group.create_array("offsets", data=offsets)
        group.create_array("start_nt", data=np.asarray(start_nt, dtype=np.int64))
        arrays = {
            name: _create(group, name, int(offsets[-1]), width) for name, width in widths.items()
        }
        writer = Writer(arrays, np.diff(offsets))
        yield writer
        writer.finish()


@contextmanager
def read_embeddings(path: str | Path) -> Iterator[NucleotideFeatures]:
    """Open a store for reading; its values stay on disk.

    Raises
    ------
    InputError
        If the file is missing or damaged, or was not written by `create_embedding_store`. Values
        that are damaged are told when they are read.
    """
    with open_group(path, "features of nucleotides", ROWS) as (arrays, provenance):
        ids, offsets, start = (arrays.pop(name)[:] for name in ROWS)
        yield NucleotideFeatures(arrays, ids.tolist(), offsets, start, provenance)


def _create(group: zarr.Group, name: str, rows: int, width: int | None) -> zarr.Array:
    columns = () if width is None else (width,)
    names = ("nucleotide", "feature")
    return create_array(
        group, name, (rows, *columns), (CHUNK_NT, *columns), (SHARD_NT, *columns),
        names[: 1 + len(columns)],
    )  # fmt: skip
