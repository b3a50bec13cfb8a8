"""Regions that may be coding though not annotated: hits of known proteins in the genome.

Section 2 of the protocol. Reads there are in neither class; the regions count as coding only
where non-coding reads are chosen.
"""

import logging
import shutil
import zipfile
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

import numpy as np
import polars as pl
import pysam

from seqcast.core.errors import InputError
from seqcast.core.expansion import check_zip
from seqcast.core.programs import run
from seqcast.core.text_files import read_text
from seqcast.evaluation.reads import COMPAT
from seqcast.evaluation.reads.references import write_bed
from seqcast.genome.intervals import merge_table, read_bed

logger = logging.getLogger(__name__)

LEAST_IDENTITY = 90.0  # percent
LEAST_SPAN = 0.75  # of the protein's length, end - start of the hit in the protein
HIT_COLUMNS = (
    "protein", "contig", "identity", "length", "mismatches", "gaps",
    "protein_start", "protein_end", "start", "end", "evalue", "bits",
)  # fmt: skip


def find_unclear(
    coding: str | Path,
    bed: str | Path,
    genome: str | Path,
    proteins: str | Path | None = None,
    given: str | Path | None = None,
    taxon: str = "",
    threads: int = 1,
    compat: str | None = None,
) -> None:
    """Write the union of the coding BED and of unclear sequence.

    Parameters
    ----------
    coding : path
        BED of the coding sequence of the reference.
    bed : path
        The output: merged, sorted.
    genome : path
        FASTA of the reference.
    proteins : path, optional
        Proteins of the taxon, whose hits are searched: see `read_proteins`.
    given : path, optional
        BED of unclear sequence, plain or gzip, instead of a search.
    taxon : str
        See `read_proteins`.
    threads : int
    compat : "readseeker", optional
        Take a given BED as it is.

    Raises
    ------
    InputError
        If there are neither proteins nor a BED, a file cannot be read, or BLAST is missing or
        fails.
    """
    if given:
        found = read_bed(given)
        if compat == COMPAT:
            write_bed(found.sort("contig", "start", "end"), bed)
            return
    elif proteins:
        found = _search(proteins, taxon, genome, threads)
    else:
        raise InputError("unclear sequence needs proteins or a BED; expected one of the two")
    write_bed(merge_table(pl.concat([read_bed(coding), found])), bed)


def read_proteins(path: str | Path, taxon: str = "") -> dict[str, str]:
    """Proteins by the first word of their names.

    Parameters
    ----------
    path : path
        FASTA, plain or gzip; or a zip archive of such files, of which the one with
        ``_<taxon>_`` in its name is taken.
    taxon : str
        NCBI's number.

    Raises
    ------
    InputError
        If a name comes twice, there is no protein, or not one file of the archive fits; as
        `check_zip`.
    """
    if not zipfile.is_zipfile(path):
        return _read_fasta(path, path)
    check_zip(path)
    with zipfile.ZipFile(path) as archive, NamedTemporaryFile() as member:
        names = [name for name in archive.namelist() if taxon and f"_{taxon}_" in name]
        if len(names) != 1:
            raise InputError(
                f"{path} has {len(names)} files with _{taxon}_ in their names; expected one, of "
                f"the taxon {taxon or '(none given)'}. Its files: {', '.join(archive.namelist())}"
            )
        with archive.open(names[0]) as file:
            shutil.copyfileobj(file, member)
        member.flush()
        return _read_fasta(member.name, f"{path}, {names[0]}")


def read_hits(path: str | Path) -> pl.DataFrame:
    """Hits of BLAST's tabular format 6; positions as there, 1-based inclusive.

    Raises
    ------
    InputError
        If a line has other than 12 columns, or no numbers where they belong.
    """
    lines = read_text(path, "hits of tblastn -outfmt 6").splitlines()
    rows = [line.split("\t") for line in lines if line.strip()]
    for row in rows:
        if len(row) != len(HIT_COLUMNS):
            raise InputError(
                f"{path}: a hit has {len(row)} columns ({' '.join(row)[:60]}...); expected the 12 "
                "of tblastn -outfmt 6"
            )
    table = pl.DataFrame(rows, schema=dict.fromkeys(HIT_COLUMNS, pl.String), orient="row")
    positions = ("protein_start", "protein_end", "start", "end")
    try:
        return table.with_columns(
            pl.col(positions).cast(pl.Int64), pl.col("identity").cast(pl.Float64)
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: a position or identity of a hit is no number: {error}") from None


def confident_hits(hits: pl.DataFrame, lengths: dict[str, int]) -> pl.DataFrame:
    """Places in the genome of hits that are near-identical over most of their protein.

    Parameters
    ----------
    hits : DataFrame
        As `read_hits` returns it.
    lengths : dict
        Of the proteins, in amino acids.

    Returns
    -------
    DataFrame
        contig, start, end: 0-based, half-open, one row a hit with an identity of at least
        `LEAST_IDENTITY` whose span in the protein, last minus first position, is at least
        `LEAST_SPAN` of its length.

    Raises
    ------
    InputError
        If a hit is of a protein that is not in `lengths`.
    """
    if missing := [name for name in hits["protein"].unique() if name not in lengths]:
        raise InputError(
            f"a hit is of the protein {missing[0]}, which the FASTA of proteins does not have; "
            "expected hits of the same proteins"
        )
    needed = np.array([lengths[name] for name in hits["protein"]], dtype=float) * LEAST_SPAN
    span = (hits["protein_end"] - hits["protein_start"]).abs().to_numpy()
    kept = hits.filter((hits["identity"] >= LEAST_IDENTITY) & pl.Series(span >= needed))
    # A hit on the reverse strand is given from its end to its start.
    return kept.select(
        "contig",
        start=pl.min_horizontal("start", "end") - 1,
        end=pl.max_horizontal("start", "end"),
    )


def _search(proteins: str | Path, taxon: str, genome: str | Path, threads: int) -> pl.DataFrame:
    """Confident hits of the proteins in the genome."""
    sequences = read_proteins(proteins, taxon)
    with TemporaryDirectory() as folder:
        queries, hits = Path(folder) / "proteins.faa", Path(folder) / "hits.tsv"
        queries.write_text("".join(f">{name}\n{text}\n" for name, text in sequences.items()))
        database = Path(folder) / "genome"
        run(["makeblastdb", "-in", genome, "-dbtype", "nucl", "-out", database])
        run(["tblastn", "-query", queries, "-db", database, "-outfmt", "6",
             "-num_threads", str(threads), "-out", hits])  # fmt: skip
        found = confident_hits(
            read_hits(hits), {name: len(text) for name, text in sequences.items()}
        )
    logger.info("%d confident hits of %d proteins", len(found), len(sequences))
    return found


def _read_fasta(path: str | Path, origin: str | Path) -> dict[str, str]:
    """Sequences by name; `origin` is what errors call the file."""
    sequences: dict[str, str] = {}
    try:
        with pysam.FastxFile(str(path)) as file:
            for entry in file:
                if entry.name in sequences:
                    raise InputError(
                        f"{origin}: the protein {entry.name} comes twice; expected each name once, "
                        "for hits are looked up by name"
                    )
                sequences[str(entry.name)] = str(entry.sequence)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{origin} cannot be read ({error}); expected FASTA") from error
    if not sequences:
        raise InputError(f"{origin} holds no protein; expected FASTA, plain or gzip")
    return sequences
