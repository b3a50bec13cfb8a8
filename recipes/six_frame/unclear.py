"""Genes that the program Pyrodigal sees where an annotation has none.

No annotation is complete. What looks like a gene there is neither coding nor non-coding: reads of
neither class are drawn from it.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from recipes.six_frame.annotate import REMEDY
from recipes.six_frame.packages import run
from seqcast.genome.genbank import GenbankRecord

LEAST_SCORE = 10.0
LEAST_NT = 150
ANNOTATED_BELOW = 0.5  # fraction of a gene's bases that lie in annotated CDS
TRAINED_FROM_BP = 100_000  # a smaller genome is too little to learn from: ready-made models
BACTERIAL_CODE = 11


def is_curated(labels: str, genetic_code: int) -> bool:
    """Whether the unclear genes of an annotation are looked for.

    It is done for what publishers say of prokaryotes, phages and plastids (translation table 11).
    Labels of gene finders hold what Pyrodigal sees, or were made by it.

    Parameters
    ----------
    labels : str
        One of `table.LABELS`.
    genetic_code : int
    """
    return labels == "annotated" and genetic_code == BACTERIAL_CODE


def unclear_regions(records: Sequence[GenbankRecord]) -> list[np.ndarray]:
    """Where the annotation of a genome may have missed a gene.

    Parameters
    ----------
    records : sequence of GenbankRecord
        All of the genome: Pyrodigal learns from them together.

    Returns
    -------
    list of ndarray of int64, shape=(genes, 2)
        Start and end of unclear genes on either strand, one array per record.

    Raises
    ------
    InputError
        If the program is missing or fails.
    """
    found = find_genes(records)
    return [unclear_genes(genes, record) for genes, record in zip(found, records, strict=True)]


def unclear_genes(genes: np.ndarray, record: GenbankRecord) -> np.ndarray:
    """Of the genes found, those that are sure, long enough and mostly not annotated.

    Parameters
    ----------
    genes : ndarray of float64, shape=(genes, 3)
        Start, end (0-based half-open) and score.
    record : GenbankRecord

    Returns
    -------
    ndarray of int64, shape=(unclear genes, 2)
        Start and end.
    """
    annotated = np.zeros(len(record.sequence) + 1, dtype=np.int64)  # changes of depth
    np.add.at(annotated, record.coding["start"].to_numpy(), 1)
    np.add.at(annotated, record.coding["end"].to_numpy(), -1)
    before = np.concatenate([[0], np.cumsum(np.cumsum(annotated)[:-1] > 0)])  # annotated bases
    starts, ends = genes[:, 0].astype(np.int64), genes[:, 1].astype(np.int64)
    share = (before[ends] - before[starts]) / (ends - starts)
    kept = (genes[:, 2] >= LEAST_SCORE) & (ends - starts >= LEAST_NT) & (share < ANNOTATED_BELOW)
    return np.stack([starts, ends], axis=1)[kept]


def find_genes(records: Sequence[GenbankRecord]) -> list[np.ndarray]:
    """Genes that Pyrodigal finds.

    Returns
    -------
    list of ndarray of float64, shape=(genes, 3)
        Start, end (0-based half-open) and score, one array per record.
    """
    trained = sum(len(record.sequence) for record in records) >= TRAINED_FROM_BP
    with tempfile.TemporaryDirectory() as folder:
        fasta, gff = Path(folder) / "genome.fa", Path(folder) / "genes.gff"
        fasta.write_text("".join(f">{i}\n{record.sequence}\n" for i, record in enumerate(records)))
        run(
            ["pyrodigal", "-p", "single" if trained else "meta", "-g", str(BACTERIAL_CODE),
             "-i", fasta, "-f", "gff", "-o", gff, "-j", "1"], REMEDY,
        )  # fmt: skip
        with gff.open() as lines:
            return read_genes(lines, len(records))


def read_genes(lines: Iterable[str], records: int) -> list[np.ndarray]:
    """Genes of GFF3 lines whose sequences are called 0, 1 ... (see `find_genes`)."""
    found: list[list[tuple[float, float, float]]] = [[] for _ in range(records)]
    for line in lines:
        cells = line.split("\t")
        if not line.startswith("#") and len(cells) == 9:
            found[int(cells[0])].append((float(cells[3]) - 1, float(cells[4]), float(cells[5])))
    return [np.array(genes, dtype=np.float64).reshape(-1, 3) for genes in found]
