"""A shard of a collection: its genomes' sequences, and the regions that reads are drawn from."""

import hashlib
import logging
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.download import fetch
from seqcast.core.errors import InputError
from seqcast.core.store import atomic, write_table, write_tsv
from seqcast.datasets.reads.twobit import TwoBitWriter, ambiguous_runs
from seqcast.genome.coding_regions import Compat, regions_of
from seqcast.genome.genbank import GenbankRecord, read_genbank

logger = logging.getLogger(__name__)

DOWNLOADS_AT_ONCE = 4
PIECES = {
    "class": pl.String,
    "assembly": pl.String,
    "chromosome": pl.String,
    "contig": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
    "region_start": pl.Int64,
    "region_end": pl.Int64,
    "locus_tags": pl.String,
    "taxid": pl.Int64,
}
ORDER = ["class", "assembly", "chromosome", "contig", "start", "end", "region_start", "region_end"]
REPORT = {
    "assembly": pl.String,
    "status": pl.String,
    "records": pl.Int64,
    "coding_nt": pl.Int64,
    "non_coding_nt": pl.Int64,
}


@dataclass(frozen=True)
class ShardFiles:
    """What a shard is kept in.

    Attributes
    ----------
    sequences : path
        .2bit of the records that have regions; they are named ``<assembly>:<record>``.
    regions : path
        Parquet, one row a piece of a region without ambiguous bases; see `index_assemblies`.
    report : path
        TSV, one row an assembly.
    """

    sequences: str | Path
    regions: str | Path
    report: str | Path


def index_assemblies(
    assemblies: pl.DataFrame,
    files: ShardFiles,
    downloads: str | Path,
    min_length_nt: int,
    compat: Compat = None,
    max_failed_share: float = 0.0,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Download the genomes of a shard, and write their sequences and regions.

    The table of regions has the columns class, assembly, chromosome (the record's own name where
    it states none), contig, start, end (of the piece; 0-based half-open), region_start, region_end
    (of the region it lies in), locus_tags, taxid, sorted by these. Reads can be drawn from a piece
    without looking at its bases: bases other than A, C, G and T were cut out.

    Parameters
    ----------
    assemblies : DataFrame
        Rows of `seqcast.datasets.reads.assemblies.select_assemblies`, all selected.
    files : ShardFiles
        Written atomically each.
    downloads : path
        A folder for GenBank files that are URLs. It outlives a failed job, so that the next one
        resumes from there, and is removed at the end of this one.
    min_length_nt : int
        Shorter regions and pieces are left out.
    compat : {"readseeker"}, optional
        See `seqcast.genome.coding_regions.regions_of`.
    max_failed_share : float
        Up to this fraction of assemblies may be missing or damaged; their rows of the report say
        why.
    facts : mapping, optional
        More provenance for the table of regions.

    Raises
    ------
    InputError
        If more assemblies failed; all were tried.
    """
    paths = _fetch_all(assemblies, Path(downloads))
    tables, report = [pl.DataFrame(schema=PIECES)], []
    with atomic(files.sequences) as temporary, TwoBitWriter(temporary) as writer:
        for row in assemblies.iter_rows(named=True):
            path = paths[row["assembly"]]
            try:
                if isinstance(path, InputError):
                    raise path
                table, records, parts = _index(path, row, writer, min_length_nt, compat)
            except InputError as error:
                logger.warning("%s: %s", row["assembly"], error)
                reason = " ".join(str(error).split())  # one row, one line
                report.append((row["assembly"], f"failed: {reason}", 0, 0, 0))
                continue
            tables.append(table)
            report.append((row["assembly"], *_summary(table, records, parts)))
        counts = pl.DataFrame(report, schema=REPORT, orient="row")
        _check_failures(counts, max_failed_share)
    provenance = {**(facts or {}), "min_length_nt": min_length_nt, "compat": compat}
    write_table(pl.concat(tables).sort(ORDER), files.regions, provenance)
    write_tsv(counts, files.report)
    shutil.rmtree(downloads, ignore_errors=True)


def clean_pieces(
    starts: np.ndarray, ends: np.ndarray, runs: tuple[np.ndarray, np.ndarray], length_nt: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut regions where their bases are ambiguous.

    Parameters
    ----------
    starts, ends : ndarray of int64, shape=(regions,)
        0-based half-open; an end may lie beyond the record.
    runs : (ndarray of int64, ndarray of int64), shape=(runs,) each
        Starts and ends of the runs of ambiguous bases of the record, sorted.
    length_nt : int
        Of the record.

    Returns
    -------
    region, starts, ends : ndarray of int64, shape=(pieces,)
        The region that a piece lies in, and where; none is empty.
    """
    clean_starts = np.concatenate([[0], runs[1]])
    clean_ends = np.concatenate([runs[0], [length_nt]])
    first = np.searchsorted(clean_ends, starts, side="right")
    counts = np.maximum(np.searchsorted(clean_starts, ends, side="left") - first, 0)
    region = np.repeat(np.arange(starts.size), counts)
    number = np.arange(region.size) - np.repeat(np.cumsum(counts) - counts, counts)
    stretch = first[region] + number
    piece_starts = np.maximum(starts[region], clean_starts[stretch])
    piece_ends = np.minimum(ends[region], clean_ends[stretch])
    kept = piece_ends > piece_starts
    return region[kept], piece_starts[kept], piece_ends[kept]


def _fetch_all(assemblies: pl.DataFrame, downloads: Path) -> dict[str, Path | InputError]:
    """Where the GenBank file of each assembly is, or why it is not."""

    def one(row: Mapping[str, Any]) -> Path | InputError:
        try:
            return _fetch(row, downloads)
        except InputError as error:
            return error

    rows = list(assemblies.iter_rows(named=True))
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        return {
            row["assembly"]: found for row, found in zip(rows, pool.map(one, rows), strict=True)
        }


def _fetch(row: Mapping[str, Any], downloads: Path) -> Path:
    """Download one assembly unless it is here, and check it against NCBI's MD5."""
    url = row["source"]
    if "://" not in url:
        return Path(url)
    name = url.rsplit("/", 1)[-1]
    path = downloads / row["assembly"] / name
    sums = path.with_name("md5checksums.txt")
    if not sums.exists():
        fetch(row["checksums"], sums)
    expected = _md5_in(sums, name, row["checksums"])
    if not path.exists():
        fetch(url, path)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if found != expected:
        shutil.rmtree(path.parent)
        raise InputError(
            f"{url} has MD5 {found}; expected {expected}, as {row['checksums']} states. The bytes "
            "were removed; run again, and ask NCBI if it stays so."
        )
    return path


def _md5_in(path: Path, name: str, url: str) -> str:
    """The digest of a file in md5checksums.txt."""
    for line in path.read_text().splitlines():
        digest, _, listed = line.partition(" ")
        if listed.strip().removeprefix("./") == name:
            return digest
    path.unlink()
    raise InputError(
        f"{url} does not list {name}; expected a line with its MD5. The assembly may have been "
        "replaced: download the assembly summary again."
    )


def _index(
    path: Path, row: Mapping[str, Any], writer: TwoBitWriter, min_length_nt: int, compat: Compat
) -> tuple[pl.DataFrame, int, int]:
    """Pieces of all records of an assembly, and the numbers of records and of parts of CDS."""
    tables, records, parts = [pl.DataFrame(schema=PIECES)], 0, 0
    for record in read_genbank(path):
        records += 1
        parts += record.coding.height
        runs = ambiguous_runs(record.sequence)
        table = _pieces(record, row, runs, min_length_nt, compat)
        if not table.is_empty():
            writer.add(f"{row['assembly']}:{record.name}", record.sequence, runs)
            tables.append(table)
    return pl.concat(tables), records, parts


def _pieces(
    record: GenbankRecord,
    row: Mapping[str, Any],
    runs: tuple[np.ndarray, np.ndarray],
    min_length_nt: int,
    compat: Compat,
) -> pl.DataFrame:
    """Rows of one record."""
    regions = regions_of(record, min_length_nt, compat)
    starts, ends = regions["start"].to_numpy(), regions["end"].to_numpy()
    region, piece_starts, piece_ends = clean_pieces(starts, ends, runs, len(record.sequence))
    long = piece_ends - piece_starts >= min_length_nt
    region = region[long]
    taxid = row["taxid"] if record.taxid is None else record.taxid
    return regions[region].select(
        "class",
        assembly=pl.lit(row["assembly"]),
        chromosome=pl.lit(record.chromosome or record.name),
        contig=pl.lit(record.name),
        start=pl.Series(piece_starts[long], dtype=pl.Int64),
        end=pl.Series(piece_ends[long], dtype=pl.Int64),
        region_start="start",
        region_end="end",
        locus_tags="locus_tags",
        taxid=pl.lit(taxid, dtype=pl.Int64),
    )


def _summary(table: pl.DataFrame, records: int, parts: int) -> tuple[str, int, int, int]:
    """Status of an assembly, its records, and bases a class."""
    if table.is_empty():
        return "no_regions" if parts else "no_cds", records, 0, 0
    bases = table.group_by("class").agg(nt=(pl.col("end") - pl.col("start")).sum())
    by_class = dict(bases.iter_rows())
    return "indexed", records, by_class.get("coding", 0), by_class.get("non_coding", 0)


def _check_failures(report: pl.DataFrame, max_failed_share: float) -> None:
    """Stop where too many assemblies failed."""
    failed = report.filter(pl.col("status").str.starts_with("failed"))
    if failed.height > max_failed_share * report.height:
        raise InputError(
            f"{failed.height} of {report.height} assemblies of this shard could not be indexed; "
            f"expected at most {max_failed_share:.0%}. The first is {failed['assembly'][0]}, "
            f"{failed['status'][0]} Run again (downloads are kept), leave these assemblies "
            "out, or raise read_sampling.max_failed_share."
        )
