"""A FASTA read once from end to end, without an index: any compression that a run takes.

A run compresses and indexes its genome first. Where only names, lengths and few bases are needed,
one pass through the file is cheaper, and writes nothing next to it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from seqcast.core.errors import InputError
from seqcast.core.text_files import is_gzip, open_bytes
from seqcast.genome.bgzip import reading_gzip
from seqcast.genome.fasta import Genome, check_fasta, read_aliases
from seqcast.genome.fasta_checks import BASES, no_bases

CHUNK_BYTES = 1 << 22
UPPER = bytes(range(256)).upper()
_RECORD = re.compile(rb"^>", re.MULTILINE)


class HeldGenome(Genome):
    """Contigs whose names and lengths are known, and bases of some of them in memory.

    Parameters
    ----------
    fasta : Path
        Where they are from, for messages.
    lengths : mapping of str to int
        Name -> length_bp.
    aliases : Path, optional
        See `Genome`.
    bases : mapping of str to str
        Bases of the contigs that `fetch` may be asked for, in upper case.
    """

    def __init__(
        self, fasta: Path, lengths: Mapping[str, int], aliases: Path | None = None,
        bases: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.fasta, self.aliases = fasta, aliases
        self.contigs = dict(lengths)
        self._synonyms = {} if aliases is None else read_aliases(aliases)
        self._bases = bases or {}

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Return the bases of ``[start, end)``, N beyond either end of the contig."""
        inside = self._bases[contig][max(start, 0) : max(end, 0)]
        left = "N" * (min(end, 0) - min(start, 0))
        return left + inside + "N" * (end - start - len(left) - len(inside))

    def close(self) -> None:
        """Nothing is open."""


def read_contigs(fasta: str | Path) -> Iterator[tuple[str, str]]:
    """Yield name and bases of each contig of a FASTA, in file order.

    Parameters
    ----------
    fasta : path
        Plain, gzip or bgzip; one contig at a time is in memory.

    Yields
    ------
    (str, str)
        The name, up to the first blank of the header, and the bases in upper case.

    Raises
    ------
    InputError
        If the file is missing, empty, truncated or no FASTA, if a name is there twice or missing,
        or if characters are not bases.
    """
    path = Path(fasta)
    if not path.is_file():
        raise InputError(
            f"{path} does not exist; expected the genome as a FASTA file. Check the path."
        )
    if not is_gzip(path):
        check_fasta(path)
    names: set[str] = set()
    header: bytes | None = None
    parts: list[bytes] = []
    for begins, piece in _pieces(path):
        if not begins:
            parts.append(piece)
            continue
        if header is not None:
            yield _contig(path, header, parts, names)
        elif any(parts):
            raise InputError(
                f"{path} is not FASTA: it begins with {parts[0][:20]!r}; expected '>' and a contig "
                "name. Give a FASTA file."
            )
        header, _, rest = piece.partition(b"\n")
        parts = [rest.translate(UPPER, b"\r\n")]
    if header is None:
        raise InputError(f"{path} has no contig; expected a FASTA file. Make or download it again.")
    yield _contig(path, header, parts, names)


def _pieces(path: Path) -> Iterator[tuple[bool, bytes]]:
    """Pieces of the text: whether a record begins there, and its header and lines without '>'.

    Pieces that continue a record come in upper case and without the ends of their lines.
    """
    with reading_gzip(path), open_bytes(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            first, *others = _RECORD.split(chunk + file.readline())
            yield False, first.translate(UPPER, b"\r\n")
            yield from ((True, piece) for piece in others)


def _contig(path: Path, header: bytes, parts: list[bytes], names: set[str]) -> tuple[str, str]:
    """Name and bases of a contig; its name joins the ``names`` before it."""
    words = header.decode(errors="replace").split()
    nameless = not words or header[:1].isspace()
    if nameless or words[0] in names:
        found = "a contig without a name" if nameless else f"more than one contig {words[0]}"
        raise InputError(
            f"{path} has {found}; expected a name of its own after each '>'. Rename or remove it."
        )
    names.add(words[0])
    if letters := b"".join(part.translate(None, BASES) for part in parts):
        raise no_bases(f"{path}, {words[0]}", Counter(letters.decode("latin-1")))
    return words[0], b"".join(parts).decode("ascii")
