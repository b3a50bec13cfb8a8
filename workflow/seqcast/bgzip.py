"""FASTA files that can be read anywhere in the middle: block-gzipped and indexed.

Genomes are published as plain gzip, which can be read only from its start. BGZF is gzip in blocks
of at most 64 kB (SAM specification, section 4.1), which samtools and pysam can seek in.
"""

import gzip
import shutil
import zlib
from pathlib import Path

import pysam

from seqcast.errors import InputError
from seqcast.store import atomic

GZIP_MAGIC = b"\x1f\x8b"
CHUNK_BYTES = 1 << 20


def recompress_bgzip(source: str | Path, path: str | Path) -> None:
    """Write the text of ``source`` to ``path`` as BGZF.

    The text streams through: memory does not grow with the file.

    Parameters
    ----------
    source : path
        A plain, gzip or bgzip file.
    path : path
        The BGZF file, written atomically.

    Raises
    ------
    InputError
        If ``source`` is a gzip file that is cut short or damaged.
    """
    with Path(source).open("rb") as raw:
        compressed = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        text = gzip.GzipFile(fileobj=raw) if compressed else raw
        with atomic(path) as temporary, pysam.BGZFile(str(temporary), "wb", None) as bgzf:
            try:
                shutil.copyfileobj(text, bgzf, CHUNK_BYTES)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise InputError(
                    f"{source} is not a whole gzip file ({error}); expected one that gunzip can "
                    "read to its end. Delete it and fetch it again."
                ) from error


def index_fasta(path: str | Path) -> None:
    """Write ``<path>.fai`` and, beside a BGZF file, ``<path>.gzi``, each atomically.

    Raises
    ------
    InputError
        If samtools cannot index the file: plain gzip, no FASTA, or lines of unequal length.
    """
    path = Path(path)
    with path.open("rb") as file:
        compressed = file.read(2) == GZIP_MAGIC
    with atomic(f"{path}.fai") as fai:
        options = [str(path), "--fai-idx", str(fai)]
        if not compressed:
            _faidx(path, options)
            return
        with atomic(f"{path}.gzi") as gzi:
            _faidx(path, [*options, "--gzi-idx", str(gzi)])


def _faidx(path: Path, options: list[str]) -> None:
    """Run ``samtools faidx``, which is part of pysam."""
    try:
        pysam.faidx(*options)
    except pysam.SamtoolsError as error:
        raise InputError(
            f"{path} cannot be indexed by samtools; expected FASTA, plain or bgzip (not gzip), "
            "whose lines within one sequence have equal length. The line [E::fai_...] on stderr "
            "says what is wrong; write the file anew without it."
        ) from error
