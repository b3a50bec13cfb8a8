"""Variants in the nomenclature of the HGVS, of genomes (g.) and of annotated transcripts (c., n.).

The grammar is that of mutalyzer-hgvs-parser; positions are those of the annotation given. c.1 is
the A of the start codon, c.-1 the base before it, c.*1 the base behind the stop codon; c.12+3 and
c.13-3 count into an intron from the exon's last or first base (HGVS nomenclature 21, numbering).
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from mutalyzer_hgvs_parser import to_model
from mutalyzer_hgvs_parser.exceptions import UnexpectedCharacter, UnexpectedEnd

from seqcast.core.errors import InputError
from seqcast.genome.annotation import gene_key
from seqcast.genome.fasta import Genome
from seqcast.genome.sequence import reverse_complement
from seqcast.transcripts.annotation import Transcript, read_transcripts
from seqcast.transcripts.records import TranscriptRow
from seqcast.transcripts.splicing import splice_transcripts

SYSTEMS = ("g", "c", "n", "m")
KINDS = ("substitution", "deletion", "duplication", "insertion", "deletion_insertion", "inversion")
LOOKS = re.compile(r"\S+:[gcnmrpo]\.\S+")
NEAR = 3  # names that a message offers


def is_hgvs(text: str) -> bool:
    """Whether a text looks like a description of the HGVS."""
    return bool(LOOKS.fullmatch(text.strip()))


class _Place(NamedTuple):
    """A stretch of a contig, 0-based half-open, and the strand that is described."""

    contig: str
    start: int
    end: int
    strand: str


class HgvsReader:
    """Reads descriptions, given a genome and its annotation.

    Parameters
    ----------
    genome : Genome
    annotation : path, optional
        GTF or GFF3, read once a transcript is named.
    """

    def __init__(self, genome: Genome, annotation: str | Path | None = None) -> None:
        self.genome, self.annotation = genome, annotation

    def read(self, text: str) -> tuple[str, int, str, str]:
        """Contig, position (1-based), REF and ALT of a description, as a VCF has them.

        Raises
        ------
        InputError
            If it is none, of a kind that is no edit of bases, names what the genome or annotation
            lacks, or its bases are not those of the genome.
        """
        system, names, variant = _parsed(text)
        place = self._place(text, system, names, variant["location"])
        if variant["type"] == "insertion" and place.end - place.start != 2:
            raise InputError(
                f"{text}: expected an insertion between two neighbouring positions, such as "
                "c.12_13insA"
            )
        here = self.genome.fetch(place.contig, place.start, place.end)
        found = reverse_complement(here) if place.strand == "-" else here
        self._check_deleted(text, variant, found, place)
        given = "".join(part["sequence"] for part in variant.get("inserted", ())).upper()
        inserted = {
            "deletion": "", "duplication": found + found, "inversion": reverse_complement(found),
            "insertion": f"{found[:1]}{given}{found[1:]}",
        }.get(variant["type"], given)  # fmt: skip
        alt = reverse_complement(inserted) if place.strand == "-" else inserted
        return self._as_vcf(text, place, here, alt)

    def _as_vcf(self, text: str, place: _Place, ref: str, alt: str) -> tuple[str, int, str, str]:
        """REF and ALT of at least a base, with the one before a deletion, or behind the first."""
        if ref == alt:
            raise InputError(f"{text} changes no base; expected an edit")
        if alt:
            return place.contig, place.start + 1, ref, alt
        if place.start:
            before = self.genome.fetch(place.contig, place.start - 1, place.start)
            return place.contig, place.start, before + ref, before
        behind = self.genome.fetch(place.contig, place.end, place.end + 1)
        return place.contig, 1, ref + behind, behind

    def _place(self, text: str, system: str, names: list[str], location: Any) -> _Place:
        """Where an edit is."""
        points = [location["start"], location["end"]] if "start" in location else [location]
        if any("position" not in one or "uncertain" in one for one in points):
            raise InputError(f"{text}: expected known positions, without ?")
        if system in "gm":
            contig = next(filter(None, map(self.genome.resolve, names)), None)
            if contig is None:
                raise InputError(
                    f"{text}: no contig {names[0]} in {self.genome.fasta}; "
                    f"{_near(names[0], self.genome.contigs)}expected one of its contigs, or give "
                    "their other names (--contig-aliases)"
                )
            if any({"outside_cds", "offset"} & one.keys() for one in points):
                raise InputError(f"{text}: expected positions of a genome, without * + or -")
            bases = [one["position"] - 1 for one in points]
            strand = "+"
        else:
            row = self._transcript(text, names)
            contig, strand = str(row.chrom), str(row.strand)
            bases = [_base_of(text, system, row, one) for one in points]
            if bases != sorted(bases, reverse=strand == "-"):
                raise InputError(
                    f"{text}: its first position lies behind the second; exchange them"
                )
        start, end = min(bases), max(bases) + 1
        if not 0 <= start < end <= self.genome.contigs[contig] or (
            bases[0] > bases[-1] and strand == "+"
        ):
            raise InputError(
                f"{text}: expected positions from 1 to {self.genome.contigs[contig]:,} of "
                f"{contig}, the smaller one first"
            )
        return _Place(contig, start, end, strand)

    @cached_property
    def _transcripts(self) -> dict[str, Transcript]:
        assert self.annotation is not None
        return {one.transcript_id: one for one in read_transcripts(self.annotation)}

    def _transcript(self, text: str, names: list[str]) -> TranscriptRow:
        """The transcript that is named, spliced from the genome."""
        if self.annotation is None:
            raise InputError(f"{text}: give the annotation as a path of GTF or GFF3")
        known = self._transcripts
        found = next((known[name] for name in names if name in known), None)
        if found is None:
            raise InputError(f"{text}: {self._unknown(names)}")
        (row,) = splice_transcripts([found], self.genome)
        if row.sequence is None:
            raise InputError(
                f"{text}: {found.transcript_id} has no sequence in {self.genome.fasta} "
                f"({row.status}: {row.problem or 'see its lines in the annotation'})"
            )
        return row

    def _unknown(self, names: list[str]) -> str:
        """No transcript of these names: what may be meant."""
        lacks = f"no transcript {names[0]} in {self.annotation}"
        bare = {gene_key(name) for name in names}
        if other := [name for name in self._transcripts if gene_key(name) in bare]:
            return (
                f"{lacks}, which has {', '.join(other[:NEAR])}: positions may differ between "
                "versions. Name that one, or give the annotation of yours"
            )
        of_gene = [
            one.transcript_id for one in self._transcripts.values()
            if {one.gene_id, one.gene_name} & set(names)
        ]  # fmt: skip
        if of_gene:
            some = ", ".join(of_gene[:NEAR]) + ", ..." * (len(of_gene) > NEAR)
            return f"{names[0]} is a gene; name one of its transcripts: {some}"
        return f"{lacks}; {_near(names[0], self._transcripts)}name one of its transcripts"

    def _check_deleted(
        self, text: str, variant: Mapping[str, Any], found: str, place: _Place
    ) -> None:
        """Stop where the bases that an edit says it removes are not there."""
        for part in variant.get("deleted", ()):
            given = part.get("sequence", "").upper()
            n_bases = part.get("length", {}).get("value", len(given))
            if n_bases != len(found) or (given and given != found):
                strand = ", strand -" if place.strand == "-" else ""
                raise InputError(
                    f"{text}: found {found[:20]} ({len(found)} bp) at {place.contig}:"
                    f"{place.start + 1}-{place.end}{strand}; expected {given[:20] or n_bases}. Is "
                    "it of this genome build, and of this version of the transcript?"
                )


def _parsed(text: str) -> tuple[str, list[str], dict[str, Any]]:
    """Coordinate system, names of references, and the one edit of a description."""
    try:
        model = to_model(text.strip())
    except (UnexpectedCharacter, UnexpectedEnd) as error:
        raise InputError(
            f"{text} is no description of the HGVS ({' '.join(str(error).split())[:80]}); expected "
            "such as chr1:g.826577A>T or ENST00000361789.2:c.*5del"
        ) from error
    system, variants = model.get("coordinate_system"), model.get("variants", [])
    if system not in SYSTEMS or model["type"] != "description_dna":
        raise InputError(
            f"{text}: expected a genomic (g.), coding (c.) or non-coding (n.) description"
        )
    if len(variants) != 1:
        raise InputError(f"{text} has {len(variants)} edits; expected one. Give each alone")
    (variant,) = variants
    if variant.get("type") not in KINDS or not all(
        map(_is_written_out, variant.get("inserted", ()))
    ):
        raise InputError(
            f"{text}: expected a substitution, del, dup, ins, delins or inv, its bases written out"
        )
    reference: Any = model["reference"]
    names = [reference["id"]]
    while reference := reference.get("selector"):
        names.append(reference["id"])
    return system, names, variant


def _is_written_out(part: Mapping[str, Any]) -> bool:
    """Whether inserted bases are said, and not where they are from or how many there are."""
    is_own = part.get("source") == "description" and "sequence" in part
    return is_own and not {"repeat_number", "inverted"} & part.keys()


def _base_of(text: str, system: str, row: TranscriptRow, point: Mapping[str, Any]) -> int:
    """0-based base of the contig that a position of a transcript is."""
    assert row.exon_starts is not None
    assert row.exon_ends is not None
    at, outside = int(point["position"]) - 1, point.get("outside_cds", "")
    if system == "n" and outside:
        raise InputError(
            f"{text}: positions of n. count from the first base of the transcript; expected one "
            "without * or - before it. Describe the variant by c. to count from the CDS"
        )
    if system == "c":
        if row.cds_start is None or row.cds_end is None:
            raise InputError(
                f"{text}: {row.id} has no CDS in the annotation "
                f"({row.problem or 'it is non-coding'}); describe the variant by n. or g."
            )
        counted = {"upstream": row.cds_start - 1 - at, "downstream": row.cds_end + at}
        at = counted.get(outside, row.cds_start + at)
        if not outside and at >= row.cds_end:
            raise InputError(
                f"{text}: the CDS of {row.id} ends at c.{row.cds_end - row.cds_start}; positions "
                "behind it are written c.*1, c.*2 and so on"
            )
    exons = list(zip(row.exon_starts, row.exon_ends, strict=True))
    base, is_first, is_last, introns = _in_exons(text, row, exons, at)
    offset = point.get("offset", {}).get("value", 0)
    allowed = introns[1] if offset > 0 and is_last else introns[0] if offset < 0 and is_first else 0
    if abs(offset) > allowed:
        raise InputError(
            f"{text}: {row.id} has no intron of {abs(offset)} bp or more "
            f"{'behind' if offset > 0 else 'before'} that position; expected + behind the last "
            "base of an exon, - before the first one"
        )
    return base + (offset if row.strand == "+" else -offset)


def _in_exons(
    text: str, row: TranscriptRow, exons: list[tuple[int, int]], at: int
) -> tuple[int, bool, bool, tuple[int, int]]:
    """Base of the contig, whether it begins or ends its exon, and lengths of the introns around."""
    ordered = exons if row.strand == "+" else exons[::-1]
    left = at
    for i, (start, end) in enumerate(ordered):
        if 0 <= left < end - start:
            base = start + left if row.strand == "+" else end - 1 - left
            before = _gap(ordered[i - 1], ordered[i]) if i else 0
            behind = _gap(ordered[i], ordered[i + 1]) if i + 1 < len(ordered) else 0
            return base, left == 0, left == end - start - 1, (before, behind)
        left -= end - start
    raise InputError(
        f"{text}: {row.id} has {row.length_nt:,} nt, and the position lies "
        f"{'before' if at < 0 else 'behind'} them; describe the variant by g."
    )


def _gap(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Bases between two exons."""
    return max(one[0], other[0]) - min(one[1], other[1])


def _near(name: str, known: Iterable[str]) -> str:
    """Names like one, for a message."""
    found = difflib.get_close_matches(name, list(known), NEAR)
    return f"did you mean {' or '.join(found)}? Else " if found else ""
