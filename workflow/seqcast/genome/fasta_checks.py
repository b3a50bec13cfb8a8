"""Whether a FASTA file holds bases, and whether the indexes next to it are its own.

An index is a table of places in a file. After ``mv``, ``tar`` or ``rsync -t`` it may be newer than
a FASTA that it was not made of, and its places then hold other bases, or headers.
"""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from seqcast.core.errors import InputError
from seqcast.core.text_files import GZIP_MAGIC, is_gzip, open_bytes

BASES = b"ACGTNRYSWKMBDHVacgtnryswkmbdhv"  # IUPAC codes of DNA
CHECKED = 1000  # contigs and blocks, evenly spread, in addition to those that most follows
HEADER_BYTES, BLOCK_BYTES, CHUNK_BYTES = 1 << 16, 1 << 16, 1 << 20
_HEADER = re.compile(rb">[^\n]*\n?")

Text = Callable[[int, int], bytes]  # bytes [start, end) of what a file holds, decompressed


class _Contig(NamedTuple):
    """A line of a .fai: bases, place of the first one, bases and bytes of a line."""

    name: str
    length: int
    offset: int
    line_bases: int
    line_bytes: int

    def place(self, base: int) -> int:
        """Byte of the text at which a base is."""
        lines, rest = divmod(base, self.line_bases)
        return self.offset + lines * self.line_bytes + rest

    @property
    def end(self) -> int:
        """Byte after its last base."""
        return self.place(self.length - 1) + 1 if self.length else self.offset


def index_problem(
    fasta: Path, fai: Path | None = None, gzi: Path | None = None, checked: int = CHECKED
) -> str | None:
    """What in the indexes of a FASTA does not fit the file.

    The contigs of the index, one after the other, are compared with the file: each begins after a
    header with its name, its lines end where they should, and nothing but the next header, or the
    end of the file, comes after its last base.

    Parameters
    ----------
    fasta : Path
        Plain or bgzip.
    fai, gzi : Path, optional
        Its indexes; by default those next to it.
    checked : int
        How many contigs and blocks are compared at most; the first, the last, and those that are
        farthest from the next one always are.

    Returns
    -------
    str or None
        None if all fits.
    """
    fai, gzi = fai or Path(f"{fasta}.fai"), gzi or Path(f"{fasta}.gzi")
    try:
        rows = [line.split("\t") for line in fai.read_text(encoding="utf-8").splitlines()]
        contigs = [_Contig(row[0], *map(int, row[1:5])) for row in rows]
    except (ValueError, TypeError):
        return "it is no index"
    if not contigs:
        return "it is empty"
    if any(c.length < 0 or (c.length and not 0 < c.line_bases < c.line_bytes) for c in contigs):
        return "its lines have no such lengths"
    with fasta.open("rb") as file:
        try:
            text = _blocks(file, gzi, checked) if is_gzip(fasta) else _plain(file)
            return _problem_of(contigs, text, checked)
        except ValueError as error:
            return str(error)
        except zlib.error:  # damage, which htslib tells where it is read
            return None


def check_letters(fasta: Path) -> None:
    """Read a FASTA to its end, and refuse characters that are not bases.

    Raises
    ------
    InputError
        With the number of each such character.
    """
    with open_bytes(fasta) as file:
        found = _strange_letters(iter(lambda: file.read(CHUNK_BYTES), b""))
    if found:
        raise no_bases(fasta, found)


def strange_letters(bases: str) -> Counter[str]:
    """Characters of a sequence that are not bases, with their numbers."""
    return Counter(bases.encode("latin-1", "replace").translate(None, BASES).decode("latin-1"))


def no_bases(where: object, letters: Counter[str]) -> InputError:
    """The error for a sequence with characters that are not bases."""
    told = ", ".join(f"{letter!r} ({count})" for letter, count in letters.most_common(8))
    upper = {letter.upper() for letter in letters}
    remedy = "Give the genome as FASTA of DNA, without gaps and stops."
    if upper == {"U"}:
        remedy = "It is RNA: write T for U."
    elif upper & set("EFILPQZ"):
        remedy = "It looks like protein: give the sequence of nucleotides."
    return InputError(
        f"{where} holds characters that are not bases: {told}; expected A, C, G, T, N or another "
        f"IUPAC code of DNA. {remedy}"
    )


def _strange_letters(chunks: Iterable[bytes]) -> Counter[str]:
    """Characters of the sequences of FASTA that are not bases, with their numbers."""
    found: Counter[str] = Counter()
    in_header = False
    for chunk in chunks:
        text = b">" + chunk if in_header else chunk
        last = text.rfind(b">")
        in_header = last >= 0 and text.find(b"\n", last) < 0
        strange = _HEADER.sub(b"", text).translate(None, BASES + b"\r\n")
        found.update(strange.decode("latin-1"))
    return found


def _spread(places: list[int], most: int) -> list[int]:
    """Numbers of at most about ``most`` places: evenly spread, and those after the largest gaps."""
    if len(places) <= most:
        return list(range(len(places)))
    even = np.linspace(0, len(places) - 1, most).astype(int)
    gaps = np.diff(np.array(places, dtype=np.int64), prepend=0)
    return np.unique(np.concatenate([even, np.argsort(gaps)[-most // 10 :]])).tolist()


def _problem_of(contigs: list[_Contig], text: Text, checked: int) -> str | None:
    """The first thing that does not fit the contigs of an index."""
    for number in _spread([contig.offset for contig in contigs], checked):
        before = contigs[number - 1].end if number else 0
        if problem := _contig_problem(contigs[number], before, text):
            return problem
    rest = text(contigs[-1].end, contigs[-1].end + HEADER_BYTES)
    problem = _bases_in(rest.split(b"\n"))
    return f"{problem} follows {contigs[-1].name}" if problem else None


def _contig_problem(contig: _Contig, before: int, text: Text) -> str | None:
    """What does not fit a contig whose header begins after byte ``before``; None if all fits."""
    if contig.offset <= before or contig.offset - before > HEADER_BYTES:
        return f"the header of {contig.name} is not where it should be"
    header = text(before, contig.offset)
    *lines, begun = header.split(b"\n")
    if begun or not lines or not lines[-1].startswith(b">"):
        return f"the header of {contig.name} is not where it should be"
    if problem := _bases_in(lines):
        return f"{problem} is there, and the index has {contig.name}"
    words = lines[-1][1:].split()
    if not words or words[0] != contig.name.encode():
        return f"{_quoted(lines[-1])} is there, and the index has {contig.name}"
    if not contig.length:
        return None
    full = (contig.length - 1) // contig.line_bases  # lines before the last one
    breaks = [
        contig.offset + line * contig.line_bytes for line in {1, (full + 1) // 2, full} if line
    ]
    width = contig.line_bytes - contig.line_bases
    for place in breaks if full else []:
        base, ending = text(place - width - 1, place - width), text(place - width, place)
        if not base.strip() or ending not in (b"\n", b"\r\n"):
            return f"lines of {contig.name} are of another length"
    last = text(contig.place(full * contig.line_bases), contig.end)
    if set(last) & set(b"\r\n>") or len(last) < contig.length - full * contig.line_bases:
        return f"{contig.name} is shorter than its {contig.length} bp"
    return None


def _bases_in(lines: list[bytes]) -> str | None:
    """The header above the first line that is none; records without bases are no contigs."""
    for number, line in enumerate(lines):
        if line.strip() and not line.startswith(b">"):
            return _quoted(lines[number - 1] if number and lines[number - 1].strip() else line)
    return None


def _quoted(text: bytes) -> str:
    """The beginning of a text."""
    return repr(text.partition(b"\n")[0][:40].decode(errors="replace").strip())


def _plain(file: BinaryIO) -> Text:
    """Text of a plain file."""

    def text(start: int, end: int) -> bytes:
        file.seek(start)
        return file.read(end - start)

    return text


def _blocks(file: BinaryIO, gzi: Path, checked: int) -> Text:
    """Text of a bgzip file, through its index of blocks.

    Raises
    ------
    ValueError
        If a block is not where the index has it.
    """
    data = gzi.read_bytes()
    count = int.from_bytes(data[:8], "little")
    if len(data) < 8 + 16 * count:
        raise ValueError(f"{gzi.name} is truncated")
    table = np.frombuffer(data, dtype="<u8", count=2 * count, offset=8).reshape(-1, 2)
    table = np.concatenate([np.zeros((1, 2), dtype=np.int64), table.astype(np.int64)])

    @lru_cache(maxsize=16)
    def block(place: int) -> tuple[bytes, int]:
        file.seek(place)
        if file.read(len(GZIP_MAGIC)) not in (GZIP_MAGIC, b""):
            raise ValueError(f"blocks are not where {gzi.name} has them")
        file.seek(place)
        unpacked = zlib.decompressobj(wbits=31)
        packed = file.read(2 * BLOCK_BYTES)
        found = unpacked.decompress(packed)
        return found, place + len(packed) - len(unpacked.unused_data)

    for number in _spread(table[:-1, 0].tolist(), min(checked, CHECKED) // 10):
        found, next_place = block(int(table[number, 0]))
        if [next_place, table[number, 1] + len(found)] != table[number + 1].tolist():
            raise ValueError(f"blocks are not where {gzi.name} has them")

    def text(start: int, end: int) -> bytes:
        number = int(np.searchsorted(table[:, 1], start, side="right")) - 1
        place, first = table[number].tolist()
        found = b""
        while len(found) < end - first:
            more, place = block(place)
            if not more:
                break
            found += more
        return found[start - first : max(end - first, 0)]

    return text
