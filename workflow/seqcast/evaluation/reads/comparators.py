"""Gene finders as classifiers of reads: how much of a read they call coding.

The programs are run, never imported. Section 7 of the protocol for FragGeneScan; source of its
scoring: evaluation/scripts/FragGenScan_eval.py of bnwlf/ReadSeeker at f5ec670.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.programs import Cost, find, run, version
from seqcast.core.provenance import provenance
from seqcast.core.store import atomic, write_table
from seqcast.core.text_files import read_text
from seqcast.evaluation.reads import COMPAT, THRESHOLD
from seqcast.evaluation.reads.labelled_reads import HEADER
from seqcast.genome.intervals import merge_table
from seqcast.reads.dnabert import read_dnabert, read_header
from seqcast.reads.outcomes import COLUMNS

PROGRAM = {"fraggenescan": "FragGeneScan", "pyrodigal": "pyrodigal", "pyfgs": "pyfgs"}
EXPECTED = "the output of a gene finder"
TRAINING = "illumina_5"  # FragGeneScan's error model; "short5" is pyfgs' name for it
READS = {"read": pl.String, "length_nt": pl.Int64}
GENES = {"read": pl.String, "start": pl.Int64, "end": pl.Int64}
SCORES = {**COLUMNS, "coding_nt": pl.Int32}  # those of the models' tables of reads, and the bases


def score_dataset(
    comparator: str,
    table: str | Path,
    genes: str | Path,
    scores: str | Path,
    threads: int = 1,
    compat: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> pl.DataFrame:
    """Run a gene finder on labelled reads and write how it scores them.

    Parameters
    ----------
    comparator : {"fraggenescan", "pyrodigal", "pyfgs"}
    table : path
        Labelled reads in DNABERT's layout.
    genes : path
        What the program found, as it wrote it.
    scores : path
        Parquet, one row per read in the table's order: the columns of the models' tables of reads,
        ``p_coding`` being the fraction of the read in genes, and ``coding_nt``. Its provenance has
        the program's version and what the run took.
    threads : int
    compat : "readseeker", optional
        See `score_reads`.
    facts : mapping, optional
        More for the provenance, such as the digest of the code.

    Returns
    -------
    DataFrame
        What was written to `scores`.
    """
    with TemporaryDirectory() as folder:
        fasta = Path(folder) / "reads.fasta"
        reads = write_labelled_fasta(table, fasta)
        cost = RUNNERS[comparator](fasta, genes, threads)
    found = score_reads(reads, READERS[comparator](genes), compat)
    made = provenance(
        **(facts or {}), model=comparator, origin="program", program=PROGRAM[comparator],
        version=version(PROGRAM[comparator]), reads=len(found), threads=threads, compat=compat,
        **cost._asdict(),
    )  # fmt: skip
    write_table(found, scores, made)
    return found


def write_labelled_fasta(table: str | Path, fasta: str | Path) -> pl.DataFrame:
    """Write the reads of a labelled table as FASTA; those without bases are left out.

    Reads of the benchmark's tables are named as the original does: key, mapping quality, whether
    known to lie outside of unclear regions, and label, as in ``a_1-42-0-1``. Others are named by
    their row (from 0) and label: ``r0-1``.

    Returns
    -------
    DataFrame
        read, length_nt: all rows of the table, in order.
    """
    chosen = read_header(table)[2:4] == list(HEADER[2:4])
    rows: list[tuple[str, int]] = []
    with atomic(fasta) as temporary, temporary.open("w") as out:
        for chunk in read_dnabert(table):
            for read in chunk:
                name = f"r{len(rows)}-{read.label}"
                if chosen:
                    key, mapq, *_, flag = read.columns
                    name = f"{key}-{mapq}-{flag}-{read.label}"
                rows.append((name, len(read.sequence)))
                if read.sequence:
                    out.write(f">{name}\n{read.sequence}\n")
    return pl.DataFrame(rows, schema=READS, orient="row")


def run_fraggenescan(fasta: str | Path, ffn: str | Path, threads: int = 1) -> Cost:
    """Run FragGeneScan on short reads as the original did (-w 0 -t illumina_5).

    Parameters
    ----------
    fasta : path
    ffn : path
        Nucleotides of the genes it finds.
    threads : int

    Raises
    ------
    InputError
        If the program is missing or fails, or its folder has no training files.
    """
    # It looks for its training files in the folder it is started from.
    path = Path(find("FragGeneScan"))
    folders = [path.absolute().parent, path.resolve().parent]
    home = next((f for f in folders if (f / "train" / TRAINING).is_file()), None)
    if home is None:
        raise InputError(
            f"{path} has no train/{TRAINING} next to it; expected its training "
            "files there, as the bioconda package has them. Install that package."
        )
    with TemporaryDirectory() as folder, atomic(ffn) as temporary:
        prefix = Path(folder) / "genes"
        cost = run(
            ["FragGeneScan", "-s", Path(fasta).resolve(), "-o", prefix, "-w", "0",
             "-t", TRAINING, "-p", str(threads)], cwd=home,
        )  # fmt: skip
        made = Path(f"{prefix}.ffn")
        temporary.write_bytes(made.read_bytes() if made.exists() else b"")
    return cost


def run_pyrodigal(fasta: str | Path, gff: str | Path, threads: int = 1) -> Cost:
    """Run Pyrodigal in metagenome mode.

    Parameters
    ----------
    fasta : path
    gff : path
        The genes it finds, GFF3.
    threads : int
    """
    with atomic(gff) as temporary:
        return run(["pyrodigal", "-p", "meta", "-i", fasta, "-f", "gff", "-o", temporary,
                    "-j", str(threads)])  # fmt: skip


def run_pyfgs(fasta: str | Path, bed: str | Path, threads: int = 1) -> Cost:
    """Run FragGeneScanRs through pyfgs, with the error model of `run_fraggenescan`.

    Parameters
    ----------
    fasta : path
    bed : path
        The genes it finds.
    threads : int
    """
    with atomic(bed) as temporary:
        return run(["pyfgs", fasta, "-m", "short5", "--bed", temporary, "-t", str(threads)])


def read_ffn(path: str | Path) -> pl.DataFrame:
    """Genes of FragGeneScan's .ffn, from its names ``read_start_end_strand``.

    Parameters
    ----------
    path : path
        The names of the reads may hold "_".

    Returns
    -------
    DataFrame
        read, start, end (0-based, half-open), in file order.
    """
    lines = read_text(path, EXPECTED).splitlines()
    names = [line[1:].strip() for line in lines if line.startswith(">")]
    return _genes((name.rsplit("_", 3)[:3] for name in names), path, first=1)


def read_gff(path: str | Path) -> pl.DataFrame:
    """CDS features of a GFF3 file: read, start, end (0-based, half-open), in file order."""
    rows = [line.split("\t") for line in _data_lines(path)]
    return _genes(((row[0], *row[3:5]) for row in rows if row[2:3] == ["CDS"]), path, first=1)


def read_gene_bed(path: str | Path) -> pl.DataFrame:
    """Intervals of a BED file: read, start, end (0-based, half-open), in file order."""
    return _genes((line.split("\t")[:3] for line in _data_lines(path)), path, first=0)


RUNNERS = {"fraggenescan": run_fraggenescan, "pyrodigal": run_pyrodigal, "pyfgs": run_pyfgs}
READERS = {"fraggenescan": read_ffn, "pyrodigal": read_gff, "pyfgs": read_gene_bed}


def score_reads(
    reads: pl.DataFrame, genes: pl.DataFrame, compat: str | None = None
) -> pl.DataFrame:
    """Fraction of each read that lies in predicted genes, either strand.

    Parameters
    ----------
    reads : DataFrame
        read, length_nt.
    genes : DataFrame
        read, start, end (0-based, half-open).
    compat : "readseeker", optional
        Of several genes on a read, only the last one counts. By default, their union.

    Returns
    -------
    DataFrame
        `SCORES`: one row per read, in order. A read without a gene has share 0, one without bases
        none. Coding from a fraction of `THRESHOLD` on; one run has no ``p_coding_sd``.

    Raises
    ------
    InputError
        If a gene is on a read that is not here, or reaches beyond it; if two reads have one name.
    """
    if repeated := reads.filter(reads["read"].is_duplicated())["read"].to_list():
        raise InputError(
            f"the read {repeated[0]} comes twice; expected each name once, for genes are looked "
            "up by the read's name"
        )
    _check_genes(genes, dict(reads.iter_rows()))
    bases = _last_gene(genes) if compat == COMPAT else _union(genes)
    share = pl.when(pl.col("length_nt") > 0).then(pl.col("coding_nt") / pl.col("length_nt"))
    return (
        reads.join(bases, on="read", how="left", maintain_order="left")
        .with_columns(pl.col("coding_nt").fill_null(0))
        .with_columns(
            mate=pl.lit(0),
            p_coding=share,
            p_coding_sd=pl.lit(None),
            label=pl.when(share >= THRESHOLD).then(pl.lit("coding"))
            .when(share.is_not_null()).then(pl.lit("non_coding")),
            status=pl.when(share.is_null()).then(pl.lit("no_sequence")).otherwise(pl.lit("scored")),
            flags=pl.lit(""),
        )
        .select(pl.col(name).cast(kind) for name, kind in SCORES.items())
    )  # fmt: skip


def write_evaluation(scores: pl.DataFrame, path: str | Path, reference: str, sample: str) -> None:
    """Write scores in the layout of the original: its columns, and the label from the read's name.

    Parameters
    ----------
    scores : DataFrame
        As `score_reads` returns it, of reads named as `write_labelled_fasta` does.
    path : path
        TSV: Reference, Sample, Name, cdsbases, totallength, fraction, PredictedLabel, Label.
    reference, sample : str
        Cells of every line.
    """
    header = "Reference Sample Name cdsbases totallength fraction PredictedLabel Label"
    with atomic(path) as temporary, temporary.open("w") as file:
        file.write("\t".join(header.split()) + "\n")
        for row in scores.iter_rows(named=True):
            name, bases, length = row["read"], row["coding_nt"], row["length_nt"]
            cells = (reference, sample, name, bases, length, f"{bases / max(length, 1):f}",
                     int(row["label"] == "coding"), name.rsplit("-", 1)[-1])  # fmt: skip
            file.write("\t".join(map(str, cells)) + "\n")


def _genes(rows: Iterable[Sequence[str]], path: str | Path, first: int) -> pl.DataFrame:
    """A table of genes from read, first and last position as text."""
    try:
        parsed = [(read, int(start) - first, int(end)) for read, start, end in rows]
    except ValueError as error:
        raise InputError(
            f"{path}: a gene has no read, start and end ({error}); expected {EXPECTED} as it "
            "wrote it"
        ) from error
    return pl.DataFrame(parsed, schema=GENES, orient="row")


def _data_lines(path: str | Path) -> list[str]:
    """Lines of a file without comments and empty ones."""
    lines = read_text(path, EXPECTED).splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _check_genes(genes: pl.DataFrame, lengths: dict[str, int]) -> None:
    """Raise where genes are not of these reads."""
    for read, start, end in genes.iter_rows():
        if not 0 <= start < end <= lengths.get(read, 0):
            raise InputError(
                f"a gene lies at {start}-{end} of the read {read}, which has "
                f"{lengths.get(read, 'no')} bases here; expected genes on these reads. Run the "
                "gene finder again on this set."
            )


def _last_gene(genes: pl.DataFrame) -> pl.DataFrame:
    """Bases of the last gene of each read."""
    last = genes.unique("read", keep="last", maintain_order=True)
    return last.select("read", coding_nt=pl.col("end") - pl.col("start"))


def _union(genes: pl.DataFrame) -> pl.DataFrame:
    """Bases that lie in any gene of each read."""
    lengths = pl.col("end") - pl.col("start")
    return merge_table(genes, "read").group_by("read").agg(coding_nt=lengths.sum())
