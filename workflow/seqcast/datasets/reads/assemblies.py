"""Which genomes a collection is made of: rows of RefSeq's assembly summaries, or GenBank files."""

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_tsv, write_tsv
from seqcast.genome.fasta import compression

logger = logging.getLogger(__name__)

SELECTED = "selected"
NEEDED = (
    "assembly_accession", "refseq_category", "taxid", "species_taxid", "organism_name",
    "assembly_level", "genome_rep", "ftp_path",
)  # fmt: skip
TABLE = {
    "assembly": pl.String,
    "organism": pl.String,
    "taxid": pl.Int64,
    "species_taxid": pl.Int64,
    "source": pl.String,
    "checksums": pl.String,
    "status": pl.String,
}
ACCESSION = re.compile(r"GC[AF]_\d+\.\d+")
GENBANK_ENDING = re.compile(r"(\.(gbff|gbk|gb|genbank))?(\.gz)?$")


@dataclass(frozen=True)
class Selection:
    """Which assemblies of a summary to take. Empty cells ask for nothing.

    Attributes
    ----------
    assembly_level, genome_rep, refseq_category : str
        What the columns of these names must hold, as NCBI writes it ("Complete Genome", "Full",
        "reference genome").
    accessions : sequence of str
        Only these; with or without their version (".2").
    max_assemblies : int, optional
        As many at most, chosen by the seed among those that fit; None, all.
    """

    assembly_level: str = ""
    genome_rep: str = ""
    refseq_category: str = ""
    accessions: Sequence[str] = ()
    max_assemblies: int | None = None


def select_assemblies(paths: Sequence[str | Path], selection: Selection, seed: int) -> pl.DataFrame:
    """One row for every assembly of the sources, and whether it is taken.

    Parameters
    ----------
    paths : sequence of path
        assembly_summary.txt of NCBI, or GenBank files, each of them one assembly named by the
        accession (GCF_...) in its name or else by the name without ending. Distinguished by
        content.
    selection : Selection
        Its filters of columns apply to summaries only.
    seed : int
        Chooses where `max_assemblies` is fewer than fit; the order of rows does not matter.

    Returns
    -------
    DataFrame
        assembly, organism, taxid, species_taxid (null where unknown), source (URL or path of the
        GenBank file), checksums (URL of NCBI's md5checksums.txt; empty for files), status
        ("selected", or why not). Sorted by assembly.

    Raises
    ------
    InputError
        If a source is missing or of another kind, an assembly comes twice, an accession is in no
        source, or nothing is selected.

    Notes
    -----
    ReadSeeker takes genome_rep Full and assembly_level Complete Genome, and nothing else (the
    notebook named at `seqcast.genome.coding_regions.merge_regions_readseeker`).
    """
    tables = [_table(Path(path), selection) for path in paths]
    table = pl.concat(tables).sort("assembly")
    repeated = table.filter(pl.col("assembly").is_duplicated())["assembly"]
    if len(repeated):
        raise InputError(
            f"the assembly {repeated[0]} comes twice in {', '.join(map(str, paths))}; expected "
            "each genome once. Remove one of the two."
        )
    table = _only_accessions(table, selection.accessions)
    table = _at_most(table, selection.max_assemblies, seed)
    taken = table.filter(status=SELECTED).height
    if not taken:
        raise InputError(
            f"no assembly of {', '.join(map(str, paths))} fits: {_counts(table)}; expected one at "
            "least. Loosen the columns of the collection in collections.tsv."
        )
    logger.info("%d of %d assemblies selected: %s", taken, table.height, _counts(table))
    return table


def shard_of(assemblies: pl.DataFrame, shard: int, shards: int) -> pl.DataFrame:
    """The selected assemblies of one shard: a run of the sorted table, sizes equal within one."""
    selected = assemblies.filter(status=SELECTED)
    bounds = np.linspace(0, selected.height, shards + 1).astype(int)
    return selected[bounds[shard] : bounds[shard + 1]]


def write_assemblies(table: pl.DataFrame, path: str | Path) -> None:
    """Write a table of `select_assemblies` (TSV), atomically."""
    write_tsv(table, path)


def read_assemblies(path: str | Path) -> pl.DataFrame:
    """Read a table that `write_assemblies` wrote."""
    return read_tsv(path, TABLE)


def _table(path: Path, selection: Selection) -> pl.DataFrame:
    """Rows of one source."""
    if not path.is_file():
        raise InputError(
            f"{path} does not exist; expected an assembly summary or a GenBank file. Download it."
        )
    with path.open("rb") as file:
        head = file.read(64)
    if compression(path) or head.startswith(b"LOCUS"):
        found = ACCESSION.search(path.name)
        name = found[0] if found else GENBANK_ENDING.sub("", path.name)
        row = {"assembly": name, "organism": "", "source": str(path), "checksums": ""}
        return pl.DataFrame([{**row, "status": SELECTED}], schema=TABLE)
    if not head.startswith(b"#"):
        raise InputError(
            f"{path} begins with {head[:20]!r}; expected NCBI's assembly_summary.txt, which begins "
            "with #, or a GenBank file, which begins with LOCUS or is gzip. Give one of the two."
        )
    return _judged(_summary(path), selection)


def _summary(path: Path) -> pl.DataFrame:
    """An assembly summary: comment lines, the last of which names the columns, then the rows."""
    with path.open(encoding="utf-8") as file, _decoding(path):
        header = ""
        for line in file:
            if not line.startswith("#"):
                break
            header = line
        names = header.lstrip("#").strip().split("\t")
        missing = [name for name in NEEDED if name not in names]
        if missing:
            raise InputError(
                f"{path} lacks the columns {', '.join(missing)} in its last line of comments; "
                "expected the assembly_summary.txt of RefSeq or GenBank as NCBI publishes it. "
                "Download it again."
            )
        wanted = [names.index(name) for name in NEEDED]
        file.seek(0)
        rows = []
        for line in file:
            cells = line.rstrip("\r\n").split("\t")
            if line.startswith("#") or not line.strip():
                continue
            if len(cells) != len(names):
                raise InputError(
                    f"{path} has a row of {len(cells)} columns ({cells[0]}); expected the "
                    f"{len(names)} of its header. It is truncated or damaged; download it again."
                )
            rows.append([cells[column] for column in wanted])
    return pl.DataFrame(rows, schema=dict.fromkeys(NEEDED, pl.String), orient="row")


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """Say that a summary is no text. It streams: that of GenBank is too long to hold as one."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} holds the byte 0x{error.object[error.start]:02x}, which is no UTF-8; expected "
            "assembly_summary.txt as NCBI publishes it. Download it again."
        ) from error


def _judged(summary: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """Rows of a summary with the first reason, if any, against them."""
    filters = {
        name: value
        for name in ("genome_rep", "assembly_level", "refseq_category")
        if (value := getattr(selection, name))
    }
    has_path = ~pl.col("ftp_path").fill_null("na").is_in(["na", ""])
    reasons = [pl.when(~has_path).then(pl.lit("no_ftp_path"))] + [
        pl.when(pl.col(name).fill_null("") != value).then(pl.lit(f"other_{name}"))
        for name, value in filters.items()
    ]
    folder = pl.col("ftp_path").str.strip_chars_end("/")
    name = folder.str.extract(r"([^/]+)$")
    return summary.select(
        assembly="assembly_accession",
        organism="organism_name",
        taxid=pl.col("taxid").cast(pl.Int64, strict=False),
        species_taxid=pl.col("species_taxid").cast(pl.Int64, strict=False),
        source=folder + "/" + name + "_genomic.gbff.gz",
        checksums=folder + "/md5checksums.txt",
        status=pl.coalesce(*reasons, pl.lit(SELECTED)),
    ).with_columns(pl.col("source", "checksums", "organism").fill_null(""))


def _only_accessions(table: pl.DataFrame, accessions: Sequence[str]) -> pl.DataFrame:
    """Keep those asked for by name."""
    if not accessions:
        return table
    bare = pl.col("assembly").str.replace(r"\.\d+$", "")
    wanted = pl.col("assembly").is_in(accessions) | bare.is_in(accessions)
    known = set(table["assembly"]) | set(table.select(bare)["assembly"])
    unknown = [name for name in accessions if name not in known]
    if unknown:
        raise InputError(
            f"accession {unknown[0]} ({len(unknown)} such) is in no source of the collection; "
            "expected accessions of its assembly summary, such as GCF_000005845.2. An assembly "
            "that was replaced has another version: leave the version away, or correct it."
        )
    return _reject(table, ~wanted, "not_asked_for")


def _at_most(table: pl.DataFrame, most: int | None, seed: int) -> pl.DataFrame:
    """Keep the assemblies whose names come first when each is hashed with the seed."""
    names = table.filter(status=SELECTED)["assembly"].to_list()
    if most is None or len(names) <= most:
        return table
    first = sorted(names, key=lambda name: stable_hash(seed, "assembly", name))[:most]
    return _reject(table, ~pl.col("assembly").is_in(first), "beyond_max_assemblies")


def stable_hash(seed: int, *names: str) -> int:
    """A number of 128 bits that depends on the seed and the names alone, not on any order."""
    text = "\0".join([str(seed), *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def _reject(table: pl.DataFrame, where: pl.Expr, reason: str) -> pl.DataFrame:
    """Give selected rows a reason against them."""
    now = pl.when((pl.col("status") == SELECTED) & where).then(pl.lit(reason))
    return table.with_columns(status=now.otherwise("status"))


def _counts(table: pl.DataFrame) -> str:
    """Assemblies a status, in words."""
    counts = table["status"].value_counts().sort("status").iter_rows()
    return ", ".join(f"{n} {status}" for status, n in counts) or "none"
