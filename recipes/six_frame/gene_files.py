"""The GenBank files made, and facts about them."""

import gzip
import hashlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from Bio import BiopythonWarning, SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import SeqFeature, SimpleLocation
from Bio.SeqRecord import SeqRecord

from recipes.six_frame.table import Genome
from seqcast.core.store import atomic, file_sha256
from seqcast.genome.coding_regions import merge_regions
from seqcast.genome.genbank import GenbankRecord, read_genbank

KEPT = ("locus_tag", "gene", "protein_id", "codon_start")  # qualifiers of a CDS


@dataclass(frozen=True)
class Facts:
    """What a GenBank file holds.

    Attributes
    ----------
    name : str
    organism : str
    species_group : str
    use : str
    records : int
    length_bp : int
    gc : float
        Fraction of G and C among A, C, G and T.
    cds : int
        CDS features; each exon is a part of one.
    coding_share : float
        Fraction of positions in the union of all CDS parts, either strand.
    sha256 : str
        Of the file.
    content_sha256 : str
        Of what reads are drawn from: the name, sequence and merged coding regions of each record.
    """

    name: str
    organism: str
    species_group: str
    use: str
    records: int
    length_bp: int
    gc: float
    cds: int
    coding_share: float
    sha256: str
    content_sha256: str


def write_genbank(records: Sequence[SeqRecord], genome: Genome, path: Path) -> None:
    """Write a GenBank file: for each record its sequence, one source and the CDS features.

    The bytes depend on the input and on the versions of Biopython and zlib alone. Long lists of
    references and protein translations are not kept.

    Parameters
    ----------
    records : sequence of SeqRecord
    genome : Genome
        Its organism is written, and its translation table where a CDS states none.
    path : path
        gzip; appears whole or not at all.
    """
    text = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BiopythonWarning)  # of names longer than 16 characters
        SeqIO.write([_plain(record, genome) for record in records], text, "genbank")
    with atomic(path) as temporary:
        temporary.write_bytes(gzip.compress(text.getvalue().encode("ascii"), 6, mtime=0))


def _plain(record: SeqRecord, genome: Genome) -> SeqRecord:
    """A copy of a record with what is kept of it."""
    given: dict[str, Any] = dict(record.annotations)
    sources = [f for f in record.features if f.type == "source"]
    references = sources[0].qualifiers.get("db_xref", []) if sources else []
    source = {"organism": [genome.organism], "mol_type": ["genomic DNA"]}
    if taxa := [text for text in references if text.startswith("taxon:")]:
        source["db_xref"] = taxa[:1]
    made = SeqRecord(
        Seq(str(record.seq).upper()), id=record.id, name=str(record.id).split(".")[0],
        description=genome.organism,
        annotations={
            "molecule_type": "DNA", "topology": given.get("topology", "linear"),
            "data_file_division": "UNK", "date": "01-JAN-1980", "organism": genome.organism,
            "source": genome.organism, "taxonomy": given.get("taxonomy", []),
        },
    )  # fmt: skip
    made.features = [SeqFeature(SimpleLocation(0, len(record)), "source", qualifiers=source)]
    for feature in record.features:
        if feature.type == "CDS":
            facts = {key: feature.qualifiers[key] for key in KEPT if key in feature.qualifiers}
            code = feature.qualifiers.get("transl_table", [str(genome.genetic_code)])
            made.features.append(
                SeqFeature(feature.location, "CDS", qualifiers={**facts, "transl_table": code})
            )
    return made


def facts_of(genome: Genome, path: Path) -> Facts:
    """Read a GenBank file as the workflow does, and count.

    Parameters
    ----------
    genome : Genome
    path : path
        What `write_genbank` made of it.

    Returns
    -------
    Facts

    Raises
    ------
    InputError
        If the file is damaged.
    """
    digest, records, length_bp, gc, acgt, coding_bp = hashlib.sha256(), 0, 0, 0, 0, 0
    for record in read_genbank(path):
        records += 1
        bases = {letter: record.sequence.count(letter) for letter in "ACGT"}
        gc += bases["G"] + bases["C"]
        acgt += sum(bases.values())
        length_bp += len(record.sequence)
        coding_bp += _add_content(record, digest)
    with gzip.open(path, "rt", encoding="ascii") as lines:
        cds = sum(line.startswith("     CDS ") for line in lines)
    return Facts(
        genome.name, genome.organism, genome.species_group, genome.use, records, length_bp,
        round(gc / max(acgt, 1), 4), cds, round(coding_bp / max(length_bp, 1), 4),
        file_sha256(path), digest.hexdigest(),
    )  # fmt: skip


def _add_content(record: GenbankRecord, digest: "hashlib._Hash") -> int:
    """Add a record to a digest; returns its coding bases."""
    starts, ends = merge_regions(record.coding["start"].to_numpy(), record.coding["end"].to_numpy())
    regions = ",".join(f"{a}-{b}" for a, b in zip(starts.tolist(), ends.tolist(), strict=True))
    digest.update(f">{record.name}\n{record.sequence}\n{regions}\n".encode())
    return int((ends - starts).sum())


def read_facts(path: Path) -> dict[str, Facts]:
    """Rows of a table of facts by name; none where the table is missing or has other columns."""
    if not path.is_file():
        return {}
    head, *rows = path.read_text(encoding="utf-8").splitlines() or [""]
    names = [field.name for field in fields(Facts)]
    if head.split("\t") != names:
        return {}
    types = [field.type for field in fields(Facts)]
    made = [
        Facts(*(kind(cell) for kind, cell in zip(types, row.split("\t"), strict=True)))  # type: ignore[operator]
        for row in rows
    ]
    return {facts.name: facts for facts in made}


def write_facts(rows: Sequence[Facts], path: Path) -> None:
    """Write a table of facts, one row a genome, tab-separated."""
    lines = [[field.name for field in fields(Facts)], *(map(str, astuple(row)) for row in rows)]
    with atomic(path) as temporary:
        temporary.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
