"""How exports write VCF: the text of INFO and its header lines, bgzip, and the indexes."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pysam

from seqcast.core.store import atomic
from seqcast.genome.fasta import quiet_htslib

logger = logging.getLogger(__name__)

COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
# What an INFO value may not hold is percent-encoded (VCF 4.3, section 1.2).
ESCAPES = str.maketrans({character: f"%{ord(character):02X}" for character in " %,;=\t\r\n"})


def info_value(cell: str | float | None) -> str:
    """A cell in INFO: percent-encoded text, six significant digits, "." if there is none."""
    if isinstance(cell, str):
        return cell.translate(ESCAPES) or "."
    return "." if cell is None else f"{cell:.6g}"


def info_definition(key: str, number: str, kind: str, text: str) -> str:
    """The header line of a key of INFO."""
    quoted = text.replace("\\", r"\\").replace('"', r"\"")
    return f'##INFO=<ID={key},Number={number},Type={kind},Description="{quoted}">'


@contextmanager
def indexed_bgzip(path: str | Path, **columns: Any) -> Iterator[Callable[[str], object]]:
    """Yield a function that writes a line to a bgzip file, which gets a CSI index next to it.

    Parameters
    ----------
    path : path
        The file; it and ``<path>.csi`` are written atomically.
    **columns
        Of pysam's ``tabix_index``: where chromosome and position are.

    Raises
    ------
    OSError
        If the lines are not sorted.
    """
    with atomic(path) as temporary, atomic(f"{path}.csi") as index:
        with pysam.BGZFile(str(temporary), "wb", None) as file:
            yield lambda line: file.write(f"{line}\n".encode(errors="surrogateescape"))
        with quiet_htslib():
            pysam.tabix_index(str(temporary), csi=True, index=str(index), force=True, **columns)


def write_tabix(path: str | Path, **columns: Any) -> None:
    """Write a tabix index as well, if it can hold the file: readers built on htsjdk ask for it."""
    index = Path(f"{path}.tbi")
    index.unlink(missing_ok=True)
    try:
        with quiet_htslib(), atomic(index) as temporary:
            pysam.tabix_index(str(path), index=str(temporary), force=True, **columns)
    except OSError as error:
        logger.info("%s has no tabix index next to the CSI index: %s", path, error)
