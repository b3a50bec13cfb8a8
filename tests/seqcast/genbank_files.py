"""Small GenBank files made up for tests, laid out as NCBI lays them out."""

import gzip
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def random_sequence(length_nt: int, seed: int) -> str:
    """Bases at random."""
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), length_nt))


def feature(key: str, location: str, *qualifiers: str) -> str:
    """Lines of a feature; the location is broken after commas, as in long joins."""
    first, *more = location.replace(",", ",\n").split("\n")
    lines = [f"     {key:<16}{first}", *(f"{'':21}{part}" for part in [*more, *qualifiers])]
    return "\n".join(lines) + "\n"


def record(
    name: str,
    sequence: str,
    cds: Sequence[str | tuple[str, str]] = (),
    *,
    taxid: int | None = 1,
    chromosome: str | None = None,
    topology: str = "linear",
    extra: str = "",
) -> str:
    """Text of a record; a CDS is a location, or a location and a locus tag."""
    source = [f'/db_xref="taxon:{taxid}"'] * (taxid is not None)
    source += [f'/chromosome="{chromosome}"'] * (chromosome is not None)
    pairs = [(c, f"tag{i}") if isinstance(c, str) else c for i, c in enumerate(cds)]
    features = "".join(
        feature("CDS", location, f'/locus_tag="{tag}"', "/transl_table=11")
        for location, tag in pairs
    )
    lines = "\n".join(
        f"{start + 1:>9} "
        + " ".join(sequence[i : i + 10] for i in range(start, min(start + 60, len(sequence)), 10))
        for start in range(0, len(sequence), 60)
    ).lower()
    return (
        f"LOCUS       {name.split('.')[0]:<16} {len(sequence):>11} bp    DNA     {topology:<8} BCT 01-JAN-2026\n"
        f"DEFINITION  Made up.\nACCESSION   {name.split('.')[0]}\nVERSION     {name}\n"
        "SOURCE      Made up\n  ORGANISM  Made up\n            Nothing.\n"
        "FEATURES             Location/Qualifiers\n"
        f"{feature('source', f'1..{len(sequence)}', *source)}{extra}{features}"
        f"ORIGIN      \n{lines}\n//\n"
    )


def genome(name: str, seed: int, length_nt: int = 6_000, **options: object) -> str:
    """A record with a CDS of 700 bases every 1,500 bases, on either strand in turn."""
    places = [f"{start + 1}..{start + 700}" for start in range(500, length_nt - 1_000, 1_500)]
    cds = [f"complement({p})" if i % 2 else p for i, p in enumerate(places)]
    return record(name, random_sequence(length_nt, seed), cds, **options)  # type: ignore[arg-type]


SUMMARY_COLUMNS = [
    "assembly_accession", "bioproject", "refseq_category", "taxid", "species_taxid",
    "organism_name", "assembly_level", "genome_rep", "ftp_path", "asm_name",
]  # fmt: skip


def summary(rows: Sequence[dict[str, object]]) -> str:
    """Text of an assembly_summary.txt with fewer columns than NCBI's; gaps are filled."""
    filled = {
        "bioproject": "PRJNA1", "refseq_category": "na", "taxid": 1, "species_taxid": 1,
        "organism_name": "Made up", "assembly_level": "Complete Genome", "genome_rep": "Full",
        "ftp_path": "na", "asm_name": "made",
    }  # fmt: skip
    lines = ["\t".join(str({**filled, **row}[name]) for name in SUMMARY_COLUMNS) for row in rows]
    head = "##  See README_assembly_summary.txt for a description of the columns in this file.\n"
    return head + "#" + "\t".join(SUMMARY_COLUMNS) + "\n" + "".join(f"{line}\n" for line in lines)


def publish(folder: Path, accession: str, text: str) -> str:
    """Lay out a genome as NCBI does; returns its ftp_path (a file URL)."""

    name = f"{accession}_made"
    place = folder / name
    place.mkdir(parents=True)
    data = gzip.compress(text.encode())
    (place / f"{name}_genomic.gbff.gz").write_bytes(data)
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    (place / "md5checksums.txt").write_text(
        f"{'0' * 32}  ./{name}_genomic.fna.gz\n{digest}  ./{name}_genomic.gbff.gz\n"
    )
    return place.as_uri()
