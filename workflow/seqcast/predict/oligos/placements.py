"""Oligos of a reporter assay, and the places of a genome that they are put into.

An oligo of n bases replaces the n bases around the middle of a context, so that nothing else moves.
It is put in as it is given, on the plus strand of the genome: for a gene on the minus strand, give
its reverse complement.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import MOST_DIGITS, read_cells
from seqcast.genome.fasta import GIVE_ALIASES, Genome
from seqcast.genome.intervals import Geometry

VALID = "valid"
STATUSES = {
    "scored": "the row has scores",
    "contig_not_found": "the contig of the context is neither in the FASTA nor one of its aliases",
    "context_out_of_range": "the oligo would reach past an end of the contig",
    "oligo_missing": "the oligo has no sequence",
    "oligo_ambiguous": "the oligo holds N or another IUPAC code",
    "oligo_invalid": "the oligo is not a sequence of bases",
    "oligo_too_long": "the oligo is longer than the output of the model's window can hold",
    "no_gene_in_window": "no gene has an exon that takes up a predicted bin of the window",
    "gene_not_in_window": "the gene that the context names has no predicted bin in the window",
    "prediction_not_finite": "a score is NaN or infinite: the model predicts no numbers here",
}
BASES, IUPAC = frozenset("ACGTU"), frozenset("ACGTURYSWKMBDHVN")


class Context(NamedTuple):
    """A place for oligos; coordinates are 0-based, half-open.

    Attributes
    ----------
    name : str
        ``chrom_start_end``.
    gene_id : str or None
        The only gene that is scored there, with or without version. None: all genes.
    """

    name: str
    chrom: str
    start: int
    end: int
    gene_id: str | None = None

    @property
    def middle(self) -> int:
        """The base that oligos and windows are centred on."""
        return (self.start + self.end) // 2


class Placement(NamedTuple):
    """An oligo in a context, seen in a window that is moved by a shift.

    Attributes
    ----------
    context : int
        Number of the context, from 0.
    contig : str
        The FASTA's name, "" where it has none.
    start, end : int
        Bases of the contig that the oligo replaces; 0-based, half-open.
    window : int
        First base of the window; may be negative.
    status : str
        `VALID`, or a key of `STATUSES`.
    """

    oligo: str
    sequence: str
    context: int
    contig: str
    start: int
    end: int
    shift_bp: int
    window: int
    status: str


def read_oligos(path: str | Path) -> pl.DataFrame:
    """Oligos of a tab-separated table with the columns id and seq; others are passed over.

    Returns
    -------
    DataFrame
        oligo, sequence (upper case, "" where the cell is empty), in file order.

    Raises
    ------
    InputError
        If a column is missing, there is no row, or an id is empty or comes twice.
    """
    table = _columns(path, ("id", "seq"), "a table of oligos")
    found = table.select(oligo="id", sequence=pl.col("seq").str.to_uppercase())
    _check_names(found["oligo"].to_list(), path, "oligo")
    return found


def read_contexts(path: str | Path) -> list[Context]:
    """Contexts of a tab-separated table: chrom, start, end and, if wanted, gene_id.

    Raises
    ------
    InputError
        If a column is missing, there is no row, an interval is none, or one comes twice.
    """
    columns = ("chrom", "start", "end")
    table = _columns(path, columns, "a table of contexts")
    genes = table["gene_id"] if "gene_id" in table.columns else [""] * table.height
    contexts = []
    for (chrom, *ends), gene in zip(table.select(columns).iter_rows(), genes, strict=True):
        if not all(end.isdecimal() and len(end) <= MOST_DIGITS for end in ends):
            raise InputError(
                f"{path}: context {chrom}:{'-'.join(ends)}; expected start and end in digits, "
                "0-based and half-open as in a BED file"
            )
        if not chrom:
            raise InputError(f"{path}: context {'-'.join(ends)} has no chrom; name its contig")
        start, end = map(int, ends)
        if start >= end:
            raise InputError(f"{path}: context {chrom}:{start}-{end}; expected start < end")
        contexts.append(Context(f"{chrom}_{start}_{end}", chrom, start, end, gene or None))
    _check_names([context.name for context in contexts], path, "context")
    return contexts


class Placements:
    """Each oligo in each context and shift: oligos change fastest, contexts last.

    Parameters
    ----------
    oligos : DataFrame
        As of `read_oligos`.
    contexts : sequence of Context
    shifts_bp : sequence of int
        How far windows are moved to the right of the context's middle.
    genome : Genome
    geometry : Geometry
        Of the model.
    any_character : bool
        Whether characters that are no base are taken as unknown bases, as by borzoi_sed_replace.py.

    Raises
    ------
    InputError
        If the genome has the contig of no context.
    """

    def __init__(
        self, oligos: pl.DataFrame, contexts: Sequence[Context], shifts_bp: Sequence[int],
        genome: Genome, geometry: Geometry, any_character: bool = False,
    ) -> None:  # fmt: skip
        self.oligos, self.contexts, self.shifts_bp = oligos, contexts, shifts_bp
        self.genome, self.geometry = genome, geometry
        self._judged = [_judge_characters(s, any_character) for s in oligos["sequence"]]
        self._contigs = [genome.resolve(context.chrom) for context in contexts]
        if contexts and not any(self._contigs):
            raise InputError(
                f"no contig of the contexts ({', '.join(c.chrom for c in contexts[:3])}) is in "
                f"{genome.fasta}; expected names of the same assembly. {GIVE_ALIASES}"
            )

    def __len__(self) -> int:
        return len(self.contexts) * len(self.shifts_bp) * len(self.oligos)

    def rows(self, rows: range) -> Iterator[tuple[int, Placement]]:
        """Placements of some rows, with their numbers."""
        names, sequences = self.oligos["oligo"].to_list(), self.oligos["sequence"].to_list()
        for row in rows:
            block, i = divmod(row, len(names))
            context, j = divmod(block, len(self.shifts_bp))
            yield row, self._placement(names[i], sequences[i], self._judged[i], context,
                                       self.shifts_bp[j])  # fmt: skip

    def _placement(
        self, oligo: str, sequence: str, judged: str, context: int, shift_bp: int
    ) -> Placement:
        middle, contig = self.contexts[context].middle, self._contigs[context]
        start = middle - len(sequence) // 2
        end = start + len(sequence)
        window = middle - self.geometry.length_bp // 2 + shift_bp
        crop_bp, length_bp = self.geometry.crop_bp, self.geometry.length_bp
        fits = window + crop_bp <= start and end <= window + length_bp - crop_bp
        if contig is None:
            status = "contig_not_found"
        elif judged == VALID and not fits:
            status = "oligo_too_long"
        elif judged == VALID and not 0 <= start < end <= self.genome.contigs[contig]:
            status = "context_out_of_range"
        else:
            status = judged
        return Placement(
            oligo, sequence, context, contig or "", start, end, shift_bp, window, status
        )


def _judge_characters(sequence: str, any_character: bool) -> str:
    if not sequence:
        return "oligo_missing"
    if any_character or BASES.issuperset(sequence):
        return VALID
    return "oligo_ambiguous" if IUPAC.issuperset(sequence) else "oligo_invalid"


def _columns(path: str | Path, columns: Sequence[str], expected: str) -> pl.DataFrame:
    """A table of text that has these columns and one row or more; empty cells are ""."""
    table = read_cells(path, expected, columns=columns)
    if table.is_empty():
        raise InputError(f"{path} has no rows; expected {expected}")
    return table.with_columns(pl.all().fill_null("").str.strip_chars())


def _check_names(names: Sequence[str], path: str | Path, what: str) -> None:
    if "" in names:
        raise InputError(f"{path}: {what} {names.index('') + 1} has no name; expected one for each")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{path} has {what} {twice!r} more than once; expected each once")
