"""GenBank flat files: the sequence of each record, and every part of every CDS feature.

Biopython's scanner splits a record into its header, feature table and sequence; only what the
reads need is kept of it, so that a mammalian chromosome with all its exons fits into memory.
"""

import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pysam
from Bio import BiopythonParserWarning
from Bio.GenBank.Scanner import GenBankScanner
from Bio.SeqFeature import Location, LocationParserError

from seqcast.core.errors import InputError
from seqcast.core.store import atomic
from seqcast.core.text_files import DAMAGE, open_bytes
from seqcast.genome.bgzip import recompress_bgzip
from seqcast.genome.fasta_checks import no_bases, strange_letters

CODING = {"start": pl.Int64, "end": pl.Int64, "strand": pl.Int8, "locus_tag": pl.String}
LOCUS = re.compile(r"LOCUS\s+(\S+)\s.*?(\d+)\s+(bp|aa)\b(.*)")
TAXON = re.compile(r"taxon:(\d+)")
QUOTED_LETTERS = 200
LINE_NT = 60
STANDARD_CODE = 1  # what a CDS without /transl_table is read by (INSDC feature table, 7.4.5)

Qualifiers = list[tuple[str, str | None]]


@dataclass(frozen=True)
class GenbankRecord:
    """One record of a GenBank file.

    Attributes
    ----------
    name : str
        Accession and version, as in the VERSION line (``NC_000913.3``).
    sequence : str
        Upper case; IUPAC codes are kept.
    coding : DataFrame
        start, end (0-based half-open), strand (1, -1), locus_tag (null where the feature has
        none): one row a part of a CDS feature, in file order. The features marked /pseudo count,
        as in ReadSeeker. Parts that lie in another record are left out.
    taxid : int or None
        Of the first source feature; None if it states no number.
    organism : str
    genetic_code : int
        Translation table of the first CDS.
    chromosome : str or None
        As the source feature states it; alternative loci have the one they belong to.
    """

    name: str
    sequence: str
    coding: pl.DataFrame
    taxid: int | None
    organism: str
    genetic_code: int
    chromosome: str | None = None


def read_genbank(path: str | Path) -> Iterator[GenbankRecord]:
    """Read the records of a GenBank file one after the other.

    Ends that are not known exactly (``<1``, ``>900``, ``(9.10)``) stand for the outermost stated
    position. A part of a CDS over the origin of a circular record is two parts.

    Parameters
    ----------
    path : path
        A plain, gzip or bgzip file.

    Yields
    ------
    GenbankRecord
        In file order; memory holds one record.

    Raises
    ------
    InputError
        If the file is missing, empty, truncated or not GenBank, or if a record has no sequence,
        a sequence of another length than its LOCUS line states or of characters that are not bases,
        a CDS outside of it, or a genetic code that is no number.

    Notes
    -----
    Source: GBFF_ENTRY of traindata/readseeker_generate_train_test_data.ipynb, bnwlf/ReadSeeker at
    f5ec670, which takes every part of every CDS feature. There, a record whose source feature
    names no taxon ends the reading of its file; here its taxid is None.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist; expected a GenBank file. Download it first.")
    found = 0
    with io.TextIOWrapper(open_bytes(path), encoding="latin-1") as text:
        scanner = GenBankScanner()
        scanner.set_handle(text)
        while (record := _next_record(scanner, path, found)) is not None:
            found += 1
            yield record
    if not found:
        raise InputError(
            f"{path} has no record; expected a GenBank file, whose records begin with LOCUS. Give "
            "a .gbk, .gb or .gbff file, or download it again if it is empty."
        )


def is_genbank(path: str | Path) -> bool:
    """Whether a genome is a GenBank flat file: it begins with LOCUS; FASTA begins with >."""
    try:
        with open_bytes(Path(path)) as file:
            return file.read(5) == b"LOCUS"
    except DAMAGE:  # which the reader of the whole file tells
        return False


def compress_genome(source: str | Path, path: str | Path) -> None:
    """Write a genome to BGZF: FASTA as it is, the sequences of a GenBank file as FASTA.

    Raises
    ------
    InputError
        As `recompress_bgzip` and `read_genbank`.
    """
    if not is_genbank(source):
        recompress_bgzip(source, path)
        return
    with atomic(path) as temporary, pysam.BGZFile(str(temporary), "wb", None) as bgzf:
        for record in read_genbank(source):
            for line in fasta_lines(record.name, record.sequence):
                bgzf.write(line.encode())


def fasta_lines(name: str, sequence: str) -> Iterator[str]:
    """Lines of a record of a FASTA file."""
    yield f">{name}\n"
    for at in range(0, len(sequence), LINE_NT):
        yield f"{sequence[at : at + LINE_NT]}\n"


def _next_record(scanner: GenBankScanner, path: Path, done: int) -> GenbankRecord | None:
    """The next record, or None at the end of the file."""
    with warnings.catch_warnings():
        # about layout that does no harm; a truncated sequence is found by its length
        warnings.simplefilter("ignore", BiopythonParserWarning)
        try:
            line = scanner.find_start()
            if not line:
                return None
            header = scanner.parse_header()
            features = scanner.parse_features()
            _, sequence = scanner.parse_footer()
        except InputError:
            raise
        # the scanner takes lines apart without looking, and asserts
        except (*DAMAGE, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError,
                ValueError) as error:  # fmt: skip
            raise InputError(
                f"{path} cannot be read to its end: record {done + 1} is truncated or damaged "
                f"({_short(error) or 'lines are not laid out as in GenBank'}); expected a whole "
                "GenBank file, each record ended by //. Download it again."
            ) from error
        return _record(line, header, features, sequence, path)


def _record(
    line: str,
    header: list[str],
    features: list[tuple[str, str, Qualifiers]],
    sequence: str,
    path: Path,
) -> GenbankRecord:
    """Join the pieces of a record."""
    locus = LOCUS.match(line)
    if locus is None or locus[3] != "bp":
        raise InputError(
            f"{path} has the line {line.strip()[:80]!r}; expected LOCUS, a name and a length in bp."
            " Give a GenBank file of nucleotide records."
        )
    name = _field(header, "VERSION") or _field(header, "ACCESSION") or locus[1]
    _check_sequence(name, sequence, int(locus[2]), path)
    source = next((found for key, _, found in features if key == "source"), [])
    taxa = map(TAXON.fullmatch, _values(source, "db_xref"))
    circular = "circular" in locus[4].split()
    return GenbankRecord(
        name=name,
        sequence=sequence.upper(),
        coding=_coding_parts(features, name, len(sequence), circular, path),
        taxid=next((int(taxon[1]) for taxon in taxa if taxon), None),
        organism=next((row[12:].strip() for row in header if row[2:10] == "ORGANISM"), ""),
        genetic_code=_genetic_code(features, name, path),
        chromosome=next(iter(_values(source, "chromosome")), None),
    )


def _genetic_code(features: list[tuple[str, str, Qualifiers]], name: str, path: Path) -> int:
    """Translation table of the first CDS that states one."""
    found = (values for key, _, values in features if key == "CDS")
    code = next((code for values in found for code in _values(values, "transl_table")), None)
    if code is None:
        return STANDARD_CODE
    if not (code.isascii() and code.isdigit()):
        raise InputError(
            f"{path}: record {name} has a CDS with /transl_table={_short(code)}; expected the "
            "number of a genetic code, such as 11. Fix the record, or download the file again."
        )
    return int(code)


def _short(text: object) -> str:
    """A message of another program, in one line and no longer than a reader bears."""
    line = " ".join(str(text).split())
    return line if len(line) <= QUOTED_LETTERS else f"{line[: QUOTED_LETTERS - 3]}..."


def _check_sequence(name: str, sequence: str, stated_bp: int, path: Path) -> None:
    """Refuse a record without its whole sequence, or of characters other than bases."""
    if not sequence:
        raise InputError(
            f"{path}: record {name} has no sequence (features or a CONTIG line alone); expected "
            "its bases under ORIGIN. Download the full record ('GenBank (full)', gbwithparts)."
        )
    if len(sequence) != stated_bp:
        raise InputError(
            f"{path}: record {name} has {len(sequence)} bases; expected {stated_bp}, as its LOCUS "
            "line states. The file is truncated or damaged; download it again."
        )
    if letters := strange_letters(sequence):
        raise no_bases(f"{path}: record {name}", letters)


def _coding_parts(
    features: list[tuple[str, str, Qualifiers]],
    name: str,
    length_bp: int,
    circular: bool,
    path: Path,
) -> pl.DataFrame:
    """One row a part of a CDS feature."""
    rows: list[tuple[int, int, int, str | None]] = []
    for key, text, found in features:
        if key != "CDS":
            continue
        text = "".join(text.split())
        tag = next(iter(_values(found, "locus_tag")), None)
        for start, end, strand in _parts(text, name, length_bp, circular, path):
            if not 0 <= start <= end <= length_bp:
                raise InputError(
                    f"{path}: record {name} has a CDS at {text[:80]}; expected it inside the "
                    f"{length_bp} bases of the record. Download the file again."
                )
            if start < end:  # 12^13 lies between two bases and covers none
                rows.append((start, end, strand, tag))
    return pl.DataFrame(rows, schema=CODING, orient="row")


def _parts(
    text: str, name: str, length_bp: int, circular: bool, path: Path
) -> list[tuple[int, int, int]]:
    """Parts of a location that lie in this record: start, end, strand."""
    try:
        location = Location.fromstring(text, length_bp, circular)
        return [
            (int(part.start), int(part.end), part.strand or 1)
            for part in location.parts
            if part.ref in (None, name, name.split(".")[0])
        ]
    except (LocationParserError, ValueError, TypeError, AssertionError) as error:
        raise InputError(
            f"{path}: record {name} has a CDS at {text[:80]!r}, which is no location "
            f"({_short(error) or 'not laid out as one'}); expected one such as 12..90 or "
            "complement(join(1..9,20..80)), its start before its end unless the LOCUS line says "
            "circular. Download the file again."
        ) from error


def _field(header: list[str], name: str) -> str:
    """The first word after a header's keyword; empty where the line is missing."""
    for line in header:
        words = line.split()
        if line.startswith(name) and len(words) > 1:
            return words[1]
    return ""


def _values(qualifiers: Qualifiers, name: str) -> list[str]:
    """Values of a qualifier of a feature, quotes taken off."""
    return [value.strip('"') for key, value in qualifiers if key == name and value]
