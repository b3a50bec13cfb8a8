"""All small variants of regions, as `variants.check_variants` tells those of a file.

Each change of the sequence comes once, as VCF spells it, left-aligned: overlapping regions are
joined, and an insertion or deletion belongs to the region in which its left-aligned form begins
(Tan, Abecasis and Kang, Bioinformatics 2015). One base deleted from a run of equal bases is one
variant, at the first of them. What is no variant leaves a row too, whose REF is N and whose ALT is
missing: a run of N or other IUPAC codes, a part beyond the contig, a region of an unknown contig.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl

from seqcast.genome.fasta import Genome, fetch_by_blocks
from seqcast.genome.intervals import merge_table
from seqcast.genome.variant_tables import SCHEMA
from seqcast.genome.variants import BASES, CHECKED, resolve_contigs

COLUMNS = SCHEMA | CHECKED
PIECE_BP = 1 << 16  # longest stretch that is enumerated at once
TABLE_ROWS = 1 << 16  # of a part of the table, at least
LETTERS = "ACGT"
UNKNOWN = len(LETTERS)
CODES = np.full(256, UNKNOWN)
CODES[[ord(letter) for letter in LETTERS]] = range(UNKNOWN)
OTHERS = np.array([[alt for alt in range(4) if alt != ref] for ref in range(4)])
PART = {name: kind for name, kind in COLUMNS.items() if name not in ("row", "record")}
# What differs within a stretch; the other columns are of all its rows.
OWN = {name: COLUMNS[name] for name in (
    "pos", "ref", "alt", "start", "end", "insert", "genome_carries"
)}  # fmt: skip


@dataclass(frozen=True)
class _Stretch:
    """A part of a region: variants of the bases from `start` to `stop` are enumerated.

    `bases` begin one before `start` and reach beyond `stop`, by N where the contig ends.
    """

    chrom: str
    contig: str
    start: int
    stop: int
    region_end: int
    bases: str

    def between(self, start: int, end: int) -> str:
        """Bases of the contig from `start` to `end`."""
        return self.bases[start - self.start + 1 : end - self.start + 1]


def enumerate_variants(
    regions: pl.DataFrame, genome: Genome, deletions_bp: int = 0, insertions_bp: int = 0
) -> Iterator[pl.DataFrame]:
    """All SNVs of regions and, where wanted, their short deletions and insertions.

    Parameters
    ----------
    regions : DataFrame
        chrom (any name that the genome resolves), start, end (0-based half-open), in any order;
        they may overlap.
    genome : Genome
    deletions_bp : int
        Longest deletion; all that lie inside a region. 0: none.
    insertions_bp : int
        Longest insertion before a base of a region. Of k bases there are 3 x 4^(k-1) at each: the
        other sequences are left-aligned elsewhere. 0: none.

    Yields
    ------
    DataFrame
        Parts of one table, `COLUMNS`: those of `variants.check_variants`. Contigs come in the order
        of the genome, those that it lacks last; rows of a contig in the order of POS. ``chrom`` is
        the name that the first region of a contig has for it.

    Raises
    ------
    InputError
        If the genome has none of the contigs.
    """
    names = resolve_contigs(regions, genome)
    contigs = pl.col("chrom").replace_strict(names, return_dtype=pl.String)
    placed = regions.select("chrom", contigs.alias("contig"), "start", "end")
    first, held = 0, [pl.DataFrame(schema=COLUMNS)]
    for part in _parts(placed, genome, deletions_bp, insertions_bp):
        numbers = pl.int_range(first, first + part.height, dtype=pl.Int64, eager=True)
        held.append(part.with_columns(row=numbers, record=numbers).select(*COLUMNS))
        first += part.height
        if sum(map(len, held)) >= TABLE_ROWS:
            yield pl.concat(held)
            held = []
    yield pl.concat([*held, pl.DataFrame(schema=COLUMNS)])


def _parts(
    placed: pl.DataFrame, genome: Genome, deletions_bp: int, insertions_bp: int
) -> Iterator[pl.DataFrame]:
    """Rows of one stretch after the other, without numbers."""
    known = placed.drop_nulls("contig")
    chroms = {contig: chrom for chrom, contig, *_ in known.reverse().iter_rows()}
    regions: dict[str, list[tuple[int, int]]] = {}
    for contig, *interval in merge_table(known).iter_rows():
        regions.setdefault(contig, []).append((interval[0], interval[1]))
    fetch, reach_bp = fetch_by_blocks(genome), 1 + max(deletions_bp, insertions_bp)
    for contig, length_bp in genome.contigs.items():
        for start, end in regions.get(contig, ()):
            inside, chrom = min(end, length_bp), chroms[contig]
            for begin in range(start, inside, PIECE_BP):
                stop = min(begin + PIECE_BP, inside)
                bases = fetch(contig, begin - 1, stop + reach_bp)
                stretch = _Stretch(chrom, contig, begin, stop, inside, bases)
                yield _variants_of(stretch, deletions_bp, insertions_bp)
            if end > length_bp:
                beyond = [(max(start, length_bp), end)]
                yield _left_out(chrom, contig, beyond, "position_out_of_range")
    for chrom, _, start, end in placed.filter(pl.col("contig").is_null()).iter_rows():
        yield _left_out(chrom, None, [(start, end)], "contig_not_found")


def _variants_of(stretch: _Stretch, deletions_bp: int, insertions_bp: int) -> pl.DataFrame:
    """The variants of a stretch and its runs of unknown bases."""
    codes = CODES[np.frombuffer(stretch.between(stretch.start, stretch.stop).encode(), np.uint8)]
    edits = _indels(stretch, deletions_bp, insertions_bp)
    spelled = [row for edit in edits if (row := _spelled(stretch, *edit))]
    indels = pl.DataFrame(spelled, schema=OWN, orient="row")
    found = pl.concat([_snvs(stretch.start, codes), indels]).with_columns(
        chrom=pl.lit(stretch.chrom), contig=pl.lit(stretch.contig), status=pl.lit("valid"),
        swapped=pl.lit(False),
        variant=pl.concat_str(pl.lit(stretch.chrom), "pos", "ref", "alt", separator="_"),
    )  # fmt: skip
    edges = np.flatnonzero(np.diff(codes == UNKNOWN, prepend=False, append=False))
    runs = ((start, end) for start, end in (edges.reshape(-1, 2) + stretch.start).tolist())
    unknown = _left_out(stretch.chrom, stretch.contig, runs, "ref_ambiguous")
    return pl.concat([found.select(*PART), unknown]).sort("pos", "ref", "alt")


def _snvs(start: int, codes: np.ndarray) -> pl.DataFrame:
    """Three SNVs a known base; `codes` are the bases from `start` on."""
    at = np.flatnonzero(codes != UNKNOWN)
    letters = pl.Series(list(LETTERS))
    alt = letters.gather(OTHERS[codes[at]].reshape(-1))
    place = pl.Series(np.repeat(at + start, 3), dtype=pl.Int64)
    return pl.DataFrame(
        {
            "pos": place + 1, "ref": letters.gather(np.repeat(codes[at], 3)), "alt": alt,
            "start": place, "end": place + 1, "insert": alt,
        }
    ).with_columns(genome_carries=pl.lit("ref"))  # fmt: skip


def _indels(
    stretch: _Stretch, deletions_bp: int, insertions_bp: int
) -> Iterator[tuple[int, int, str]]:
    """Deletions and insertions that are left-aligned where they are: start, end, insert."""
    words = [
        "".join(word) for k in range(1, insertions_bp + 1) for word in product(LETTERS, repeat=k)
    ]
    for at in range(stretch.start, stretch.stop) if deletions_bp or words else ():
        before = stretch.between(at - 1, at) if at else ""
        for end in range(at + 1, min(at + deletions_bp, stretch.region_end) + 1):
            if stretch.between(end - 1, end) != before:
                yield at, end, ""
        if stretch.between(at, at + 1) in BASES:
            yield from ((at, at, word) for word in words if word[-1] != before)


def _spelled(stretch: _Stretch, start: int, end: int, insert: str) -> tuple | None:
    """A row of `OWN`; None where bases that VCF needs are unknown."""
    before = start > 0 and stretch.between(start - 1, start) in BASES
    first = start - 1 if before else start  # else the base behind is the anchor
    ref = stretch.between(first, end if before else end + 1)
    if not BASES.issuperset(ref):
        return None
    alt = ref[0] + insert if before else insert + ref[-1]
    both = stretch.between(first, first + len(alt)) == alt
    return first + 1, ref, alt, start, end, insert, "ref,alt" if both else "ref"


def _left_out(
    chrom: str, contig: str | None, intervals: Iterable[tuple[int, int]], status: str
) -> pl.DataFrame:
    """A row for each interval, 0-based half-open, that has no variants."""
    rows = [{"variant": f"{chrom}:{start + 1}-{end}", "pos": start + 1} for start, end in intervals]
    return pl.DataFrame(rows, schema=PART).with_columns(
        chrom=pl.lit(chrom),
        contig=pl.lit(contig, pl.String),
        ref=pl.lit("N"),
        alt=pl.lit("."),
        status=pl.lit(status),
        swapped=pl.lit(False),
    )
