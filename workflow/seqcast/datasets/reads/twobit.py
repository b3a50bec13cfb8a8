"""UCSC .2bit files: a quarter of one byte per base, read anywhere in the middle at equal cost.

Reads of a large set lie one by one in thousands of genomes. A block of bgzip FASTA must be
unpacked whole for each of them; here a read is 76 bytes at a known place.
Layout: http://genome.ucsc.edu/FAQ/FAQformat.html#format7 (version 0, little-endian).
"""

import os
import re
import shutil
import struct
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import numpy as np

from seqcast.core.errors import InputError
from seqcast.core.seals import blank_seal, check_seal, seal

SIGNATURE = 0x1A412743
LETTERS = np.frombuffer(b"TCAG", dtype=np.uint8)  # by code; code ^ 2 is the complement
COMPLEMENT = 2
LARGEST_OFFSET = 2**32 - 1
AMBIGUOUS = re.compile("[^ACGT]+")
CHUNK_NT = 1 << 22  # packed at once; a multiple of 4
SHIFTS = np.array([6, 4, 2, 0], dtype=np.uint8)  # the first base is in the highest bits

_CODES = np.zeros(256, dtype=np.uint8)
_CODES[LETTERS] = np.arange(4)
_UNPACKED = (np.arange(256, dtype=np.uint8)[:, None] >> SHIFTS) & 3


def ambiguous_runs(sequence: str) -> tuple[np.ndarray, np.ndarray]:
    """Runs of characters other than A, C, G and T.

    Parameters
    ----------
    sequence : str
        Upper case.

    Returns
    -------
    starts, ends : ndarray of int64
        0-based half-open, sorted.
    """
    runs = [run.span() for run in AMBIGUOUS.finditer(sequence)]
    starts, ends = np.array(runs, dtype=np.int64).reshape(-1, 2).T
    return starts, ends


def pack(codes: np.ndarray) -> np.ndarray:
    """Four codes a byte.

    Parameters
    ----------
    codes : ndarray of uint8, shape=(rows, bases)
        0-3.

    Returns
    -------
    ndarray of uint8, shape=(rows, ceil(bases / 4))
        Rows are filled up with code 0.
    """
    rows, bases = codes.shape
    if bases % 4:
        codes = np.concatenate([codes, np.zeros((rows, -bases % 4), dtype=np.uint8)], axis=1)
    return np.bitwise_or.reduce(codes.reshape(rows, codes.shape[1] // 4, 4) << SHIFTS, axis=2)


def unpack(packed: np.ndarray) -> np.ndarray:
    """Inverse of `pack`: shape (rows, 4 * bytes)."""
    return _UNPACKED[packed].reshape(len(packed), 4 * packed.shape[1])


class TwoBitWriter:
    """Write sequences one after the other; the file is complete when the block ends.

    Characters other than A, C, G and T become N, upper and lower case are not distinguished.

    Parameters
    ----------
    path : path
        The .2bit file. What is being written lies in a file without a name until then.

    Raises
    ------
    InputError
        At the end, if the sequences are too many for 32-bit offsets (about 16 billion bases).
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._offsets: dict[str, int] = {}

    def __enter__(self) -> "TwoBitWriter":
        self._body = tempfile.TemporaryFile(dir=self.path.parent)
        return self

    def add(self, name: str, sequence: str, runs: tuple[np.ndarray, np.ndarray]) -> None:
        """Add a sequence.

        Parameters
        ----------
        name : str
            Unique; at most 255 bytes.
        sequence : str
            Upper case.
        runs : (ndarray of int64, ndarray of int64), shape=(runs,) each
            Its `ambiguous_runs`.

        Raises
        ------
        InputError
            If the name came before or is too long.
        """
        if name in self._offsets or len(name.encode()) > 255:
            raise InputError(
                f"the record name {name!r} comes twice or is longer than 255 bytes; expected "
                "unique accessions. Rename the record, or give each file once."
            )
        self._offsets[name] = self._body.tell()
        starts, ends = runs
        head = [[len(sequence), starts.size], starts, ends - starts, [0, 0]]  # no masked blocks
        self._body.write(np.concatenate(head).astype("<u4").tobytes())
        for first in range(0, len(sequence), CHUNK_NT):
            letters = sequence[first : first + CHUNK_NT].encode("latin-1")
            self._body.write(pack(_CODES[np.frombuffer(letters, dtype=np.uint8)][None]).tobytes())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._body:
            if kind is None:
                self._join()

    def _join(self) -> None:
        """Put header and index before the sequences."""
        names = [name.encode() for name in self._offsets]
        first = 16 + sum(len(name) + 5 for name in names)
        if first + self._body.tell() > LARGEST_OFFSET:
            raise InputError(
                f"{self.path} would be larger than 4 GB, which .2bit cannot address; expected "
                "fewer genomes a shard. Raise `shards` in collections.tsv."
            )
        self._body.seek(0)
        with self.path.open("wb") as file:
            file.write(struct.pack("<4I", SIGNATURE, 0, len(names), 0))
            for name, offset in zip(names, self._offsets.values(), strict=True):
                file.write(struct.pack("<B", len(name)) + name + struct.pack("<I", first + offset))
            shutil.copyfileobj(self._body, file, 1 << 20)
            file.write(blank_seal().encode())  # behind all that the index names
        seal(self.path)


class TwoBitFile(AbstractContextManager["TwoBitFile"]):
    """A .2bit file, open for reading.

    Parameters
    ----------
    path : path

    Raises
    ------
    InputError
        If the file is missing, damaged, or not .2bit in this machine's usual byte order.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(f"{path} does not exist; expected a .2bit file. Make it again.")
        check_seal(self.path)
        self._file = self.path.open("rb")
        try:
            self._offsets = self._read_index()
        except BaseException:
            self._file.close()
            raise

    def fetch(self, names: list[str], starts: np.ndarray, length_nt: int) -> np.ndarray:
        """Codes of equally long pieces.

        Parameters
        ----------
        names : list of str
            Sequence of each piece.
        starts : ndarray of int64, shape=(pieces,)
            0-based. Fastest where pieces are sorted.
        length_nt : int

        Returns
        -------
        ndarray of uint8, shape=(pieces, length_nt)
            See `LETTERS`.

        Raises
        ------
        ValueError
            If a piece is not inside its sequence, or holds an N.
        """
        places = {name: self._place(name) for name in dict.fromkeys(names)}
        sizes = np.array([places[name][1] for name in names], dtype=np.int64)
        if ((starts < 0) | (starts + length_nt > sizes)).any():
            raise ValueError(f"a piece of {length_nt} bases is not inside its sequence")
        for name, (_, _, runs) in places.items():
            if runs[0].size:
                self._refuse_ambiguous(name, names, starts, length_nt, runs)
        offsets = np.array([places[name][0] for name in names], dtype=np.int64) + starts // 4
        n_bytes = (length_nt + 2) // 4 + 1  # whatever base of its first byte a piece begins at
        descriptor = self._file.fileno()
        chunks = [os.pread(descriptor, n_bytes, offset) for offset in offsets.tolist()]
        packed = np.frombuffer(
            b"".join(chunk.ljust(n_bytes, b"\0") for chunk in chunks), dtype=np.uint8
        )
        codes = unpack(packed.reshape(-1, n_bytes))
        pieces = np.empty((len(names), length_nt), dtype=np.uint8)
        for shift in range(4):
            rows = np.flatnonzero(starts % 4 == shift)
            pieces[rows] = codes[rows, shift : shift + length_nt]
        return pieces

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_index(self) -> dict[str, int]:
        """Offsets of the sequences' records."""
        head = self._file.read(16)
        if len(head) < 16 or struct.unpack("<2I", head[:8]) != (SIGNATURE, 0):
            raise InputError(
                f"{self.path} is not .2bit: it begins with {head[:8]!r}; expected a file of this "
                "workflow. Delete it, so that it is made again."
            )
        offsets: dict[str, int] = {}
        for _ in range(struct.unpack("<I", head[8:12])[0]):
            name = self._file.read(self._file.read(1)[0]).decode()
            offsets[name] = struct.unpack("<I", self._file.read(4))[0]
        return offsets

    def _place(self, name: str) -> tuple[int, int, tuple[np.ndarray, np.ndarray]]:
        """Where the bases of a sequence begin, how many they are, and its runs of N."""
        offset = self._offsets[name]
        size, n = self._numbers(offset, 2)
        runs = self._numbers(offset + 8, 2 * n)
        masked = self._numbers(offset + 8 + 8 * n, 1)[0]
        return offset + 16 + 8 * (n + masked), int(size), (runs[:n], runs[:n] + runs[n:])

    def _numbers(self, offset: int, n: int) -> np.ndarray:
        """Numbers of 32 bits in the file."""
        data = os.pread(self._file.fileno(), 4 * int(n), int(offset))
        return np.frombuffer(data, dtype="<u4").astype(np.int64)

    def _refuse_ambiguous(
        self,
        name: str,
        names: list[str],
        starts: np.ndarray,
        length_nt: int,
        runs: tuple[np.ndarray, np.ndarray],
    ) -> None:
        """Raise if a piece of one sequence overlaps a run of N."""
        own = starts[np.array(names, dtype=object) == name]
        before = np.searchsorted(runs[0], own + length_nt, side="left")
        if (before != np.searchsorted(runs[1], own, side="right")).any():
            raise ValueError(f"a piece of {name} holds an N")
