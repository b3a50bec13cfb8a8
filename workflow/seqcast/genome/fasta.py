"""The reference genome: bases by contig and 0-based half-open interval.

Contigs have one name in the FASTA and others in variant files and annotations (``chr1``, ``1``,
``NC_000001.11``). The names are joined by a table, never by adding or cutting a prefix: ``chrM`` of
UCSC's hg19 and ``MT`` of GRCh37, for one, are different sequences.
"""

import csv
import io
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path

import pysam

from seqcast.core.errors import InputError
from seqcast.core.seals import damaged, sealed_by
from seqcast.core.text_files import GZIP_MAGIC, is_bgzip, read_text, refuse_unless_gzip
from seqcast.genome.bgzip import check_index, index_fasta
from seqcast.genome.fasta_checks import index_problem, no_bases, strange_letters

logger = logging.getLogger(__name__)

BLOCK_BP = 1 << 16  # one BGZF block: a smaller read costs as much

ASCII = 127
GIVE_ALIASES = "Give the assembly's table of contig aliases (resources/contigs)"  # a remedy
TRIED_CONTIGS, TRIED_BP = 20, 4096  # read at once, to tell early what is no DNA

Fetch = Callable[[str, int, int], str]


class Genome(AbstractContextManager["Genome"]):
    """A FASTA file, plain or bgzip, with its index.

    A missing index, one older than the FASTA, or one of another file, is made again. Opening reads
    the index and a few places in the file, and a pickled genome re-opens its file, so that worker
    processes can hold one each.

    Parameters
    ----------
    fasta : path
        The FASTA file; ``.fai`` (and ``.gzi``) lie next to it.
    aliases : path, optional
        A table (TSV: ``contig``, ``alias``) of other contig names, as in ``resources/contigs``.
        Every name in it may stand for every other name of its contig, in both directions.

    Attributes
    ----------
    contigs : dict[str, int]
        Name -> length_bp, in file order.

    Raises
    ------
    InputError
        If the file is missing, empty, not FASTA, or gzip instead of bgzip; if it needs an index
        that cannot be written; if a name is there twice, or characters are not bases; or if the
        alias table is not one.
    """

    def __init__(self, fasta: str | Path, aliases: str | Path | None = None) -> None:
        self.fasta = Path(fasta)
        self.aliases = None if aliases is None else Path(aliases)
        _ensure_index(self.fasta)
        self._open()
        self.contigs = dict(zip(self._file.references, self._file.lengths, strict=True))
        for contig in list(self.contigs)[:TRIED_CONTIGS]:
            self.fetch(contig, 0, TRIED_BP)
        self._synonyms = {} if self.aliases is None else read_aliases(self.aliases)

    def _open(self) -> None:
        self._process = os.getpid()
        try:
            with quiet_htslib():
                self._file = pysam.FastaFile(str(self.fasta))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.fasta} cannot be opened ({error}); expected FASTA with a matching index. "
                f"Remove {self.fasta}.fai (and .gzi) so that it is made again."
            ) from error

    def resolve(self, chrom: str) -> str | None:
        """Return the FASTA's name for a contig: itself, else through the alias table, else None."""
        if chrom in self.contigs:
            return chrom
        names = self._synonyms.get(chrom, ())
        return next((name for name in names if name in self.contigs), None)

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Return the bases of ``[start, end)`` in upper case, N beyond either end of the contig.

        Parameters
        ----------
        contig : str
            A name of `contigs`.
        start, end : int
            0-based half-open; ``start`` may be negative and ``end`` past the contig.

        Returns
        -------
        str
            Exactly ``end - start`` characters; IUPAC codes are kept as read.

        Raises
        ------
        KeyError
            If the contig is not in the FASTA.
        ValueError
            If ``end < start``.
        InputError
            If the file is damaged there, or holds characters that are not bases.
        """
        if end < start:
            raise ValueError(f"interval {contig}:{start}-{end} ends before it starts")
        length_bp = self.contigs[contig]
        inside_start, inside_end = max(start, 0), min(end, length_bp)
        if inside_start >= inside_end:
            return "N" * (end - start)
        if os.getpid() != self._process:
            # a forked worker shares the parent's file position, and would read at random
            self._open()
        try:
            with quiet_htslib():
                bases = self._file.fetch(contig, inside_start, inside_end).upper()
        except UnicodeDecodeError as error:
            letters = Counter(chr(byte) for byte in error.object if byte > ASCII)
            raise no_bases(f"{self.fasta}, {contig}:{start}-{end}", letters) from error
        except ValueError as error:
            raise damaged(self.fasta, error, sealed_by(f"{self.fasta}.gzi")) from error
        if letters := strange_letters(bases):
            raise no_bases(f"{self.fasta}, {contig}:{inside_start}-{inside_end}", letters)
        return "N" * (inside_start - start) + bases + "N" * (end - inside_end)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[type["Genome"], tuple[Path, Path | None]]:
        return Genome, (self.fasta, self.aliases)


def fetch_by_blocks(genome: Genome) -> Fetch:
    """Return a `Genome.fetch` that keeps the blocks it read last: for many small reads in order."""

    @lru_cache(maxsize=64)
    def block(contig: str, index: int) -> str:
        return genome.fetch(contig, index * BLOCK_BP, (index + 1) * BLOCK_BP)

    def fetch(contig: str, start: int, end: int) -> str:
        first, last = start // BLOCK_BP, (end - 1) // BLOCK_BP
        offset = first * BLOCK_BP
        if first == last:
            return block(contig, first)[start - offset : end - offset]
        bases = "".join(block(contig, index) for index in range(first, last + 1))
        return bases[start - offset : end - offset]

    return fetch


@contextmanager
def quiet_htslib() -> Iterator[None]:
    """Keep htslib's own messages off stderr; our errors say the same and the remedy."""
    before = pysam.set_verbosity(0)
    try:
        yield
    finally:
        pysam.set_verbosity(before)


def compression(path: Path) -> str | None:
    """Return "bgzip", "gzip" or None by the first bytes of a file."""
    with path.open("rb") as file:
        head = file.read(18)
    if not head.startswith(GZIP_MAGIC):
        return None
    return "bgzip" if is_bgzip(head) else "gzip"


def _ensure_index(fasta: Path) -> None:
    """Check that the file is FASTA, and index it where no current index lies next to it."""
    if not fasta.is_file():
        raise InputError(
            f"{fasta} does not exist; expected the genome as a FASTA file. Download it first."
        )
    packed = compression(fasta)
    if packed == "gzip":
        raise InputError(
            f"{fasta} is gzip, which cannot be read in the middle; expected plain FASTA or bgzip. "
            f"Run: gunzip {fasta} && bgzip {fasta.with_suffix('')} && samtools faidx {fasta}"
        )
    if packed is None:
        check_fasta(fasta)
    suffixes = [".fai", ".gzi"] if packed == "bgzip" else [".fai"]
    indexes = [fasta.with_name(fasta.name + suffix) for suffix in suffixes]
    missing = [f"{index.name} is missing" for index in indexes if not index.is_file()]
    changed_ns = fasta.stat().st_mtime_ns
    older = [
        f"{index.name} is older than the FASTA"
        for index in indexes
        if not missing and index.stat().st_mtime_ns < changed_ns
    ]
    reason = next(iter(missing + older), None)
    if reason is None:
        check_index(fasta)
        if (problem := index_problem(fasta)) is None:
            return
        reason = f"{indexes[0].name} is of another file ({problem})"
    if not os.access(fasta.parent, os.W_OK):
        raise InputError(
            f"{fasta}: {reason}, and its folder cannot be written to; expected a current index. "
            f"Run `samtools faidx {fasta}` with the rights to write there, or copy the FASTA."
        )
    logger.warning("%s: %s; indexing it", fasta, reason)
    with quiet_htslib():
        index_fasta(fasta)


def check_fasta(fasta: Path) -> None:
    """Refuse a plain file that does not begin as FASTA does."""
    refuse_unless_gzip(fasta, "FASTA")
    with fasta.open("rb") as file:
        head = file.read(20)
    if not head.startswith(b">"):
        found = f"it begins with {head!r}" if head else "it is empty"
        raise InputError(
            f"{fasta} is not FASTA: {found}; expected '>' and a contig name. Give a FASTA file."
        )


def read_aliases(path: Path) -> dict[str, tuple[str, ...]]:
    """Return each name of the table -> all names of its contig, the table's own one first."""
    expected = "a table of contig aliases (contig, alias), as resources/contigs/hg38.tsv is written"
    lines = io.StringIO(read_text(path, expected), newline="")
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    if rows.fieldnames != ["contig", "alias"]:
        raise InputError(
            f"{path} has columns {rows.fieldnames}; expected contig and alias, tab-separated. "
            "Write the table as resources/contigs/hg38.tsv is written."
        )
    groups: dict[str, list[str]] = {}
    owner: dict[str, str] = {}
    for row in rows:
        contig, alias = ((row[name] or "").strip() for name in ("contig", "alias"))
        if not contig or not alias or None in row:
            raise InputError(
                f"{path}, line {rows.line_num}: {contig!r}, {alias!r}; expected two names between "
                "tabs"
            )
        if owner.setdefault(alias, contig) != contig:
            raise InputError(
                f"{path} gives alias {alias} to {owner[alias]} and to {contig}; expected one "
                "contig an alias. Remove one of the two rows."
            )
        groups.setdefault(contig, [contig]).append(alias)
    return {name: tuple(names) for names in groups.values() for name in names}
