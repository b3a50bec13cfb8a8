"""Phased haplotypes: variants of one copy of a chromosome, together one edit of the genome.

Which copy carries an ALT is told by GT (VCF 4.4, section 1.6.2): with ``|``, alleles of one phase
set (PS; all without PS are one set) stand in the order of the copies. An allele that all copies
have (1/1, or 1 of a haploid genotype) needs no phase: it counts to the phase set of the nearest
phased genotype of its sample. Unphased and missing alleles are on no known copy.

A haplotype is the variants of a copy that lie within a span. Its edit replaces all bases from its
first variant to its last by what the copy has there, so that it is scored as any other variant.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from seqcast.genome.fasta import Fetch, Genome, fetch_by_blocks
from seqcast.genome.variant_tables import SCHEMA
from seqcast.genome.variants import BASES, check_variants, guard_build
from seqcast.genome.vcf import check_indexable, read_variants
from seqcast.genome.vcf_fields import read_genotypes

PREFIX = "hap:"
MEMBERS: dict[str, pl.DataType] = {
    "members": pl.List(pl.Int64),  # rows of a haplotype's variants; null of a variant
    "carriers": pl.Int64(),  # copies that have it, of all samples
    "samples": pl.List(pl.String),
    "border": pl.List(pl.Int64),  # bases [start, end) that the longest indel takes away, if any
}
NOT_CARRIED = ("alt_missing", "alt_star", "ref_equals_alt")  # ALTs that are no edit of their own
Copy = tuple[str, int]  # of which sample


class _Variant(NamedTuple):
    """A row of checked variants; [start, end) are the bases of REF that ALT may replace."""

    row: int
    chrom: str
    contig: str
    pos: int
    start: int
    end: int
    ref: str
    alt: str
    usable: bool


class _Carried(NamedTuple):
    """Variants of one sample and contig; a phase set is named by PS, or "" without one."""

    phased: list[tuple[int, int, str, int]]  # start, row, phase set, copy
    on_all: list[tuple[int, int, int]]  # start, row, copies


def check_file(
    path: str | Path, genome: Genome, on_ref_mismatch: str = "exclude",
    min_ref_match: float = 0.0, haplotype_span_bp: int | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Read a file of variants and check each one, and its haplotypes where they are asked for.

    Parameters
    ----------
    path : path
        See `read_variants`.
    genome : Genome
    on_ref_mismatch : str
        See `check_variants`.
    min_ref_match : float
        See `guard_build`.
    haplotype_span_bp : int, optional
        See `add_haplotypes`. Default: no haplotypes.

    Returns
    -------
    DataFrame

    Raises
    ------
    InputError
        If the file cannot be read or indexed, is of another build, or has no samples although
        haplotypes are asked for.
    """
    check_indexable(path)
    checked = check_variants(read_variants(path), genome, on_ref_mismatch)
    guard_build(checked, min_ref_match)
    if haplotype_span_bp is None:
        return checked
    return add_haplotypes(checked, path, genome, haplotype_span_bp)


def add_haplotypes(
    checked: pl.DataFrame, path: str | Path, genome: Genome, span_bp: int
) -> pl.DataFrame:
    """Add a row for each haplotype of two or more variants behind the checked ones.

    Parameters
    ----------
    checked : DataFrame
        Of `check_variants`, all ALTs of the file.
    path : path
        The file, with samples.
    genome : Genome
    span_bp : int
        Of a copy, from left to right, variants are of one haplotype whose REF bases lie within so
        many bp from its first one on.

    Returns
    -------
    DataFrame
        `checked` and `MEMBERS`. Haplotypes have ``row`` counted on, no ``record``, as ``variant``
        the names of their members behind `PREFIX`, and REF and ALT in full; those without a known
        sequence have the first member's REF, ``.`` as ALT, and a status. Equal ones of several
        copies or samples are one row.

    Raises
    ------
    InputError
        If the file has no samples.
    """
    variants = [_variant(cells) for cells in checked.iter_rows(named=True)]
    carriers: dict[tuple[int, ...], set[Copy]] = defaultdict(set)
    for sample, carried in _carried(path, checked, variants):
        for (_, copy), rows in _copies(carried).items():
            for members in _within(rows, variants, span_bp):
                carriers[members].add((sample, copy))
    found = {rows: [variants[row] for row in rows] for rows in sorted(carriers)}
    fetch = fetch_by_blocks(genome)
    described = pl.DataFrame(
        [_described(members, fetch) for members in found.values()], orient="row",
        schema={name: SCHEMA[name] for name in ("variant", "chrom", "pos", "ref", "alt")}
        | {"known": pl.String},
    ).with_columns(
        row=checked.height + pl.int_range(pl.len(), dtype=pl.Int64),
        record=pl.lit(None, pl.Int64),
        members=pl.Series(list(map(list, found)), dtype=MEMBERS["members"]),
        carriers=pl.Series([len(carriers[rows]) for rows in found], dtype=MEMBERS["carriers"]),
        samples=pl.Series([sorted({name for name, _ in carriers[rows]}) for rows in found],
                          dtype=MEMBERS["samples"]),
        border=pl.Series([_border(members) for members in found.values()], dtype=MEMBERS["border"]),
    )  # fmt: skip
    judged = check_variants(described.filter(pl.col("known").is_null()), genome)
    others = described.filter(pl.col("known").is_not_null())
    parts = [checked, judged.drop("known"), others.rename({"known": "status"})]
    table = pl.concat(parts, how="diagonal").sort("row")
    is_delins = pl.col("insert").str.len_chars().gt(0) & (pl.col("start") < pl.col("end"))
    table = table.with_columns(pl.when(is_delins).then("border"))
    return table.with_columns(pl.col("swapped").fill_null(False))


def is_haplotype(variants: pl.DataFrame, n_alts: int) -> pl.Series:
    """Which rows of a table of variants, or of their scores, are haplotypes of a file's ALTs."""
    named = pl.col("variant").str.starts_with(PREFIX)
    return variants.select(named & (pl.col("row") >= n_alts)).to_series()


def _variant(cells: dict) -> _Variant:
    """A checked variant, as it is spelled but for the base that anchors a change of length."""
    ref, alt, start = cells["ref"].upper(), cells["alt"].upper(), cells["pos"] - 1
    usable = cells["status"] == "valid" and not cells["swapped"]
    anchor = int(usable and len(ref) != len(alt) and ref[0] == alt[0])
    return _Variant(cells["row"], cells["chrom"], cells["contig"] or "", cells["pos"],
                    start + anchor, start + len(ref), ref, alt, usable)  # fmt: skip


def _carried(
    path: str | Path, checked: pl.DataFrame, variants: Sequence[_Variant]
) -> Iterator[tuple[str, _Carried]]:
    """What the copies of each sample carry, contig by contig."""
    names, records = read_genotypes(path)
    by_sample: dict[tuple[str, int], _Carried] = defaultdict(lambda: _Carried([], []))
    alts = checked.group_by("record", maintain_order=True).agg("row", "status")
    for (_, rows, statuses), (keys, *cells) in zip(alts.iter_rows(), records, strict=True):
        edits = {str(number): variants[row] for number, (row, status)
                 in enumerate(zip(rows, statuses, strict=True), start=1)
                 if status not in NOT_CARRIED}  # fmt: skip
        places = {name: at for at, name in enumerate(keys.split(":"))}
        if not edits or "GT" not in places:
            continue
        for sample, cell in enumerate(cells[: len(names)]):
            values = cell.split(":")
            alleles = values[places["GT"]].lstrip("|/")
            if edits.keys().isdisjoint(re.split(r"[|/]", alleles)):
                continue
            at = places.get("PS", len(values))
            phase_set = values[at] if at < len(values) and values[at] != "." else ""
            one = by_sample[variants[rows[0]].chrom, sample]
            _add_genotype(one, alleles, phase_set, edits)
    for (_, sample), carried in by_sample.items():
        yield names[sample], carried


def _add_genotype(
    carried: _Carried, genotype: str, phase_set: str, edits: dict[str, _Variant]
) -> None:
    """Put the ALTs of a genotype on the copies that are known to have them."""
    alleles = re.split(r"[|/]", genotype)
    if len(set(alleles)) == 1:
        edit = edits[alleles[0]]
        carried.on_all.append((edit.start, edit.row, len(alleles)))
    elif "/" not in genotype:
        for copy, allele in enumerate(alleles):
            if allele in edits:
                carried.phased.append((edits[allele].start, edits[allele].row, phase_set, copy))


def _copies(carried: _Carried) -> dict[tuple[str, int], list[int]]:
    """Rows on each copy of each phase set."""
    rows: dict[tuple[str, int], list[int]] = defaultdict(list)
    phased = sorted(carried.phased)
    starts = [start for start, *_ in phased]
    for _, row, phase_set, copy in phased:
        rows[phase_set, copy].append(row)
    for start, row, copies in carried.on_all:
        at = bisect_left(starts, start)
        near = min(phased[max(at - 1, 0) : at + 1], key=lambda one: abs(one[0] - start),
                   default=(0, 0, "", 0))  # fmt: skip
        for copy in range(copies):
            rows[near[2], copy].append(row)
    return rows


def _within(
    rows: Iterable[int], variants: Sequence[_Variant], span_bp: int
) -> Iterator[tuple[int, ...]]:
    """Groups of two or more different variants, from left to right; one of a repeated variant."""
    different = {variants[row][1:]: variants[row] for row in sorted(rows, reverse=True)}
    ordered = sorted(different.values(), key=lambda one: (one.start, one.end, one.row))
    group: list[_Variant] = []
    for one in ordered:
        if group and one.end - group[0].start > span_bp:
            if len(group) > 1:
                yield tuple(member.row for member in group)
            group = []
        group.append(one)
    if len(group) > 1:
        yield tuple(member.row for member in group)


def _described(members: Sequence[_Variant], fetch: Fetch) -> tuple:
    """ID, chrom, pos, REF and ALT of a haplotype, and its status where these are not known."""
    first = members[0]
    names = [f"{one.chrom}:{one.pos}:{one.ref}>{one.alt}" for one in members]
    place = PREFIX + "+".join(names), first.chrom, first.pos
    if not all(one.usable for one in members):
        return *place, first.ref, ".", "member_unusable"
    at = first.pos - 1
    pieces: list[str] = []
    for i, one in enumerate(members):
        same_place = i and one.start == one.end == members[i - 1].start
        if one.start < at or same_place:
            return *place, first.ref, ".", "edits_overlap"
        pieces += fetch(one.contig, at, one.start), one.alt[one.start - (one.pos - 1) :]
        at = one.end
    ref = fetch(first.contig, first.pos - 1, at)
    if not BASES.issuperset(ref):
        return *place, first.ref, ".", "ref_ambiguous"
    return *place, ref, "".join(pieces), None


def _border(members: Sequence[_Variant]) -> list[int] | None:
    """Where the bins of a haplotype's alleles are no longer aligned by their left flank.

    Bases that its longest change of length takes away, or the end of those that it replaces if it
    adds some; none without a change of length.
    """
    sizes = [(len(one.alt) - len(one.ref), one) for one in members if one.usable]
    grown, longest = max(sizes, key=lambda pair: abs(pair[0]), default=(0, None))
    if not longest or not grown:
        return None
    return [longest.end + min(grown, 0), longest.end]
