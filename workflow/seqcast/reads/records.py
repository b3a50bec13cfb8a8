"""What a reader of reads gives: records, in chunks, and how many there were."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

CHUNK_READS = 4096
CHUNK_NT = 2_000_000  # bases a list of reads: ends it where reads are long
# IUPAC codes (Cornish-Bowden 1985, doi:10.1093/nar/13.9.3021), U, gaps, and the end of a stretch
NUCLEOTIDES = b"ACGTURYKMSWBDHVNacgturykmswbdhvn-.*"

T = TypeVar("T")


class Read(NamedTuple):
    """One read as its file has it.

    Attributes
    ----------
    name : str
        The first word of the header, a "/1" or "/2" at its end included; empty where it has none.
    mate : int
        1 or 2 in a pair, 0 where the read has no mate.
    sequence : str
        Characters as in the file: lower case, U and IUPAC codes are kept. May be empty.
    quality : str or None
        One character a base (Phred + 33 in the usual files), None where the file has none.
    comment : str
        The rest of the header with the blank that begins it, so that ``name + comment`` is the
        header as in the file, but for blanks at its ends. Empty for BAM, CRAM and SAM.
    """

    name: str
    mate: int
    sequence: str
    quality: str | None
    comment: str


def length_nt(read: Read) -> int:
    """Bases of a read."""
    return len(read.sequence)


class LabelledRead(NamedTuple):
    """One row of a DNABERT table.

    Attributes
    ----------
    sequence : str
        The bases that the k-mers overlap to.
    label : int
        1 coding, 0 non-coding.
    columns : tuple of str
        The fields after the label, as text.
    """

    sequence: str
    label: int
    columns: tuple[str, ...]


@dataclass
class ReadCounts:
    """Records seen so far; ``records == reads + secondary + supplementary``.

    Attributes
    ----------
    records : int
        Records of the file or files.
    reads : int
        Those that are reads.
    secondary, supplementary : int
        Further alignments of a read that has its own record: skipped. A record that is both counts
        as secondary.
    """

    records: int = 0
    reads: int = 0
    secondary: int = 0
    supplementary: int = 0


class ReadStream(Iterator[list[Read]], AbstractContextManager["ReadStream"]):
    """Chunks of reads in file order, mates side by side where two files are read.

    A context manager: leaving it closes the files. A stream read to its end closes them itself.

    Parameters
    ----------
    chunks : iterator of list of Read
        The chunks, none of them empty.
    paired : bool
        Whether the reads come as mate 1, mate 2, mate 1, ... of two files.
    counts : ReadCounts
        Filled by whoever makes the chunks; complete once the stream has ended.
    close : callable
        Closes the files.
    """

    def __init__(
        self,
        chunks: Iterator[list[Read]],
        paired: bool,
        counts: ReadCounts,
        close: Callable[[], None],
    ) -> None:
        self.paired = paired
        self.counts = counts
        self._chunks = chunks
        self._close = close

    def __next__(self) -> list[Read]:
        try:
            return next(self._chunks)
        except BaseException:  # the end, or an error: nothing more will be read
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; nothing more can be read."""
        if isinstance(self._chunks, Generator):
            self._chunks.close()
        self._close()


def in_chunks(
    items: Iterable[T], size: int, weigh: Callable[[T], int] | None = None, most: int = CHUNK_NT,
    together: int = 1,
) -> Iterator[list[T]]:  # fmt: skip
    """Yield lists of items, none of them empty.

    Parameters
    ----------
    items : iterable
    size : int
        Items a list.
    weigh : callable, optional
        Of an item, its bases: a list ends where it has `most` of them, or `size` items.
    most : int
    together : int
        Items that stay together: a list holds a multiple of them, but for the last.
    """
    chunk: list[T] = []
    weight = 0
    for item in items:
        chunk.append(item)
        weight += weigh(item) if weigh else 0
        if (len(chunk) >= size or weight >= most) and len(chunk) % together == 0:
            yield chunk
            chunk, weight = [], 0
    if chunk:
        yield chunk
