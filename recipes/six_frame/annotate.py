"""Genes of a genome without annotation, as the program Pyrodigal finds them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from Bio import SeqIO
from Bio.SeqRecord import SeqRecord

from recipes.six_frame.formats import gff_features
from recipes.six_frame.packages import run

MODES = {"pyrodigal": "single", "pyrodigal_meta": "meta"}  # of labels
REMEDY = "pip install pyrodigal, in the version of pyproject.toml: another one may find other genes"


def annotate(records: Sequence[SeqRecord], labels: str, genetic_code: int) -> None:
    """Add the genes that Pyrodigal finds to the records.

    A gene that runs over the end of a record is cut there. In the mode "single" the program
    learns from all records together; "meta" is for a contig too small for that.

    Parameters
    ----------
    records : sequence of SeqRecord
    labels : {"pyrodigal", "pyrodigal_meta"}
    genetic_code : int
        Used in the mode "single"; in "meta" the program chooses.

    Raises
    ------
    InputError
        If the program is missing or fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        fasta, gff = Path(folder) / "genome.fa", Path(folder) / "genes.gff"
        SeqIO.write(records, fasta, "fasta")
        run(
            ["pyrodigal", "-p", MODES[labels], "-g", str(genetic_code), "-i", fasta, "-f", "gff",
             "-o", gff, "-j", "1"], REMEDY,
        )  # fmt: skip
        with gff.open() as lines:
            found = gff_features(lines)
    for record in records:
        record.features += found.get(str(record.id), [])
