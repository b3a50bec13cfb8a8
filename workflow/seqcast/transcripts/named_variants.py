"""Variants that a user names one by one: as text, in the nomenclature of the HGVS, by rsID."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome
from seqcast.genome.variant_tables import Row, numbered
from seqcast.genome.variant_texts import FORMS, parse_variant
from seqcast.genome.vcf_fields import find_ids
from seqcast.transcripts.hgvs import HgvsReader, is_hgvs

RSID = re.compile(r"(rs|ss|esv|nsv)\d+", re.IGNORECASE)


def named_variants(
    texts: Sequence[str], genome: Genome, annotation: str | Path | None = None,
    ids: str | Path | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Variants of texts, one row per ALT, in order.

    Parameters
    ----------
    texts : sequence of str
        Such as "chr1:826577:A:AT", "chr1:826577 A>AT" (`variant_texts.FORMS`),
        "chr1:g.826577A>T", "ENST00000361789.2:c.*5del" or "rs123".
    genome : Genome
        That HGVS is checked against.
    annotation : path, optional
        GTF or GFF3, for HGVS of transcripts.
    ids : path, optional
        VCF or BCF that has the records of rsIDs.

    Returns
    -------
    DataFrame
        As `vcf.read_variants` returns it; an HGVS description or rsID is the name of its variant.

    Raises
    ------
    InputError
        If one cannot be read, does not fit the genome or the annotation, or an rsID has no record
        or several.
    """
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(f"variants[{i}] is {text!r:.60}; expected text, such as {FORMS}")
    wanted = [text for text in map(str.strip, texts) if RSID.fullmatch(text)]
    found = _records_of(wanted, ids)
    reader = HgvsReader(genome, annotation)
    rows: list[Row] = []
    for record, given in enumerate(texts):
        text = given.strip()
        if is_hgvs(text):
            rows.append((record, text, *reader.read(text)))
        elif text in found:
            chrom, pos, ref, alts = found[text]
            rows += [(record, text, chrom, pos, ref, alt) for alt in alts]
        else:
            rows.append((record, None, *parse_variant(text)))
    return numbered(rows)


def _records_of(
    wanted: Sequence[str], ids: str | Path | None
) -> dict[str, tuple[str, int, str, Sequence[str]]]:
    """Contig, position, REF and ALTs of each rsID."""
    if not wanted:
        return {}
    if ids is None:
        raise InputError(
            f"{wanted[0]}: an rsID is looked up in a VCF of yours, such as dbSNP of this build; "
            "name it (--rsids FILE), or give the variant as chr1:826577:A:AT"
        )
    records = find_ids(ids, wanted)
    if lacking := [name for name in wanted if not records[name]]:
        raise InputError(
            f"{ids} has no record {lacking[0]}; expected one with this ID. Give a VCF of the build "
            "of the genome that has it, or the variant as chr1:826577:A:AT"
        )
    if several := [name for name in wanted if len(records[name]) > 1]:
        told = _in_words(records[several[0]])
        raise InputError(
            f"{ids} has {len(records[several[0]])} records {several[0]}: {told}; expected one. "
            "Give the one that you mean as chr1:826577:A:AT"
        )
    return {name: one for name, (one,) in records.items()}


def _in_words(records: Iterable[tuple[str, int, str, Sequence[str]]]) -> str:
    return ", ".join(f"{chrom}:{pos}:{ref}:{'/'.join(alts)}" for chrom, pos, ref, alts in records)
