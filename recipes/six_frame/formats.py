"""Genomes in the formats that packages ship, read as Biopython records with their CDS features."""

import gzip
import json
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any, cast

from Bio import BiopythonParserWarning, SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import (
    AfterPosition,
    BeforePosition,
    CompoundLocation,
    SeqFeature,
    SimpleLocation,
)
from Bio.SeqRecord import SeqRecord

from seqcast.core.errors import InputError

STRANDS = {"+": 1, "-": -1}
# products of a prot_table that are RNA, and no protein that makes or reads one
RNA_GENE = re.compile(
    r"(\d+(\.\d+)?S )?(rRNA|ribosomal RNA)|(tRNA|transfer RNA)[- ][A-Z][a-z]{2}\b.*|tmRNA|ncRNA",
    re.IGNORECASE,
)


def open_text(path: Path) -> IO[str]:
    """Open a plain or gzip file for reading."""
    if path.suffix == ".gz":
        return cast(IO[str], gzip.open(path, "rt", encoding="latin-1"))
    return path.open(encoding="latin-1")


def read_records(kind: str, paths: Sequence[Path]) -> list[SeqRecord]:
    """Read a genome.

    Parameters
    ----------
    kind : str
        A format, one of `READERS`.
    paths : sequence of path
        Its files, in the order of the table.

    Returns
    -------
    list of SeqRecord
        In file order. Of the features, the sources and the CDS are kept, without the CDS marked
        as pseudo. Parts of a CDS are the parts of its location.

    Raises
    ------
    InputError
        If a file is not of the format, or a CDS lies outside of its record.
    """
    try:
        records = READERS[kind](*paths)
    except (ValueError, KeyError, IndexError, EOFError, gzip.BadGzipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{paths[0].name} cannot be read ({error}); expected the format {kind}. Correct the "
            "row of the table, or remove the package's folder and download it again."
        ) from error
    if not records or not all(len(record) for record in records):
        raise InputError(
            f"{paths[0].name} has no sequence in {'a' if records else 'any'} record; expected a "
            f"genome in the format {kind}. Correct the row of the table."
        )
    for record in records:
        _check_places(record, paths[0])
    return records


def read_genbank(path: Path) -> list[SeqRecord]:
    """Records of a GenBank file, their names, topology and places as they are in it.

    A CDS counts as pseudo if it has the qualifier /pseudo or /pseudogene.
    """
    with warnings.catch_warnings(), open_text(path) as text:
        warnings.simplefilter("ignore", BiopythonParserWarning)  # layout of old files
        records = list(SeqIO.parse(text, "genbank"))
    for record in records:
        record.features = [feature for feature in record.features if _is_kept(feature)]
    return records


def _is_kept(feature: SeqFeature) -> bool:
    if feature.type != "CDS":
        return bool(feature.type == "source")
    return not feature.qualifiers.keys() & {"pseudo", "pseudogene"}


def read_fasta(path: Path) -> list[SeqRecord]:
    """Records of a FASTA file without any feature.

    Of ``gi|208433976|ref|NC_011333.1|`` the accession is the name. A header that begins with a
    blank, and so has no name, gets the name of the file.
    """
    with open_text(path) as text:
        return [_named(record, path) for record in SeqIO.parse(text, "fasta")]


def _named(record: SeqRecord, path: Path) -> SeqRecord:
    """A record with its sequence and name alone."""
    first = "" if record.description.startswith(" ") else str(record.id)
    words = [word for word in first.split("|") if word]
    return SeqRecord(record.seq, id=words[-1] if words else path.name.split(".")[0])


def read_gff(path: Path) -> list[SeqRecord]:
    """Records of a GFF3 file that ends with its sequences after ``##FASTA``."""
    with open_text(path) as text:
        head, mark, tail = text.read().partition("##FASTA\n")
    if not mark:
        raise InputError(
            f"{path.name} has no line ##FASTA; expected GFF3 that ends with its sequences."
        )
    records = list(SeqIO.FastaIO.SimpleFastaParser(iter(tail.splitlines(keepends=True))))
    found = gff_features(head.splitlines())
    made = [SeqRecord(Seq(sequence), id=title.split()[0]) for title, sequence in records]
    if unknown := found.keys() - {record.id for record in made}:
        raise InputError(
            f"{path.name} has features on {', '.join(sorted(unknown))}; expected only names of its "
            "sequences."
        )
    for record in made:
        record.features = found.get(str(record.id), [])
    return made


def gff_features(lines: Iterable[str]) -> dict[str, list[SeqFeature]]:
    """CDS features of GFF3 lines by the name of their sequence, in file order.

    Lines of the same ID are the parts of one CDS. Prodigal's ``partial=10`` says that the gene
    continues to the left of the sequence, ``01`` to the right.

    Parameters
    ----------
    lines : iterable of str

    Returns
    -------
    dict of str to list of SeqFeature
        With the qualifiers locus_tag, and transl_table where it is stated.
    """
    parts: dict[tuple[str, str], list[SimpleLocation]] = {}
    stated: dict[tuple[str, str], dict[str, str]] = {}
    for number, line in enumerate(lines):
        cells = line.rstrip("\n").split("\t")
        if line.startswith("#") or len(cells) != 9 or cells[2] != "CDS":
            continue
        facts = dict(pair.split("=", 1) for pair in cells[8].strip(";").split(";") if "=" in pair)
        if facts.get("pseudo") == "true":
            continue
        key = cells[0], facts.get("ID", f"line {number}")
        stated.setdefault(key, facts)
        ends = facts.get("partial", "00")
        start, end = int(cells[3]) - 1, int(cells[4])
        place = SimpleLocation(
            BeforePosition(start) if ends[0] == "1" else start,
            AfterPosition(end) if ends[1] == "1" else end,
            STRANDS[cells[6]],
        )
        parts.setdefault(key, []).append(place)
    found: dict[str, list[SeqFeature]] = {}
    for key, places in parts.items():
        facts = stated[key]
        names = {"locus_tag": facts.get("locus_tag", key[1])}
        names |= {"transl_table": facts["transl_table"]} if "transl_table" in facts else {}
        found.setdefault(key[0], []).append(_cds(places, names))
    return found


def read_cgview(path: Path) -> list[SeqRecord]:
    """Records of a CGView map: JSON after ``json =``, with the features of a GenBank file.

    The format has no joins: a spliced or frame-shifted CDS is stated from end to end. Every CDS
    that is marked as pseudo, whose length is not a multiple of 3, or that runs over the origin is
    therefore left out.
    """
    with path.open(encoding="utf-8") as file:
        text = file.read()
    whole = json.loads(text[text.index("{") : text.rindex("}") + 1])
    view = whole.get("cgview", whole)
    records = {
        contig["name"]: SeqRecord(Seq(contig["seq"]), id=contig["name"])
        for contig in view["sequence"]["contigs"]
    }
    for feature in view["features"]:
        if feature.get("type") == "CDS" and feature.get("source") == "genbank-features":
            _add_cgview(records[feature["contig"]], feature)
    return list(records.values())


def _add_cgview(record: SeqRecord, feature: dict[str, Any]) -> None:
    """Add a feature of a CGView map, unless it is left out."""
    start, end = feature["start"] - 1, feature["stop"]
    facts = feature.get("meta", {})
    if facts.keys() & {"pseudo", "pseudogene"} or end <= start or (end - start) % 3:
        return
    tag = {"locus_tag": facts["locus_tag"]} if "locus_tag" in facts else {}
    record.features.append(_cds([SimpleLocation(start, end, feature["strand"])], tag))


def read_prot_table(fasta: Path, table: Path) -> list[SeqRecord]:
    """One record of FASTA and the table of its genes that TRANSIT reads.

    Columns of the table: description, start and end (1-based, inclusive), strand, length of the
    protein, two numbers, gene, locus tag. Rows of RNA genes and rows that state no protein are left
    out. Genes with a shifted frame, whose length is no multiple of 3, stay: they are not
    non-coding.
    """
    records = read_fasta(fasta)
    if len(records) != 1:
        raise InputError(f"{fasta.name} has {len(records)} records; expected one for its table.")
    with open_text(table) as lines:
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            if len(cells) >= 9 and cells[1].isdigit() and _is_protein(cells):
                start, end = sorted([int(cells[1]), int(cells[2])])
                place = SimpleLocation(start - 1, end, STRANDS[cells[3]])
                records[0].features.append(_cds([place], {"locus_tag": cells[8]}))
    return records


def _is_protein(cells: Sequence[str]) -> bool:
    """Whether a row of a prot_table is a protein-coding gene."""
    return cells[4].isdigit() and int(cells[4]) > 0 and not RNA_GENE.fullmatch(cells[0].strip())


def _cds(parts: Sequence[SimpleLocation], qualifiers: dict[str, str]) -> SeqFeature:
    """A CDS; its parts stand in the order of its translation, as Biopython has them."""
    ordered = sorted(parts, key=lambda part: int(part.start), reverse=parts[0].strand == -1)
    place = ordered[0] if len(ordered) == 1 else CompoundLocation(ordered)
    return SeqFeature(place, type="CDS", qualifiers={k: [v] for k, v in qualifiers.items()})


def _check_places(record: SeqRecord, path: Path) -> None:
    """Refuse a CDS without a place, or outside of its record; other records' parts are none."""
    for feature in record.features:
        parts = getattr(feature.location, "parts", [])
        inside = [0 <= part.start < part.end <= len(record) for part in parts if part.ref is None]
        if not parts or not all(inside):
            raise InputError(
                f"{path.name}: record {record.id} has a {feature.type} at {feature.location}; "
                f"expected it inside of its {len(record)} bases. Correct the row of the table."
            )


READERS: dict[str, Callable[..., list[SeqRecord]]] = {
    "genbank": read_genbank,
    "fasta": read_fasta,
    "gff": read_gff,
    "cgview": read_cgview,
    "prot_table": read_prot_table,
}
