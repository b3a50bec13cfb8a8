"""FASTA files that can be read anywhere in the middle: block-gzipped and indexed.

Genomes are published as plain gzip, which can be read only from its start. BGZF is gzip in blocks
of at most 64 kB (SAM specification, section 4.1), which samtools and pysam can seek in.
"""

import gzip
import shutil
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam

from seqcast.core.errors import InputError
from seqcast.core.seals import CHANGED, blank_seal, check_seal, damaged, seal, sealed_by
from seqcast.core.store import atomic
from seqcast.core.text_files import is_gzip, open_bytes
from seqcast.genome.fasta_checks import check_letters, index_problem

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
        If ``source`` is a gzip file that is truncated or damaged, or as `check_expansion`.
    """
    with (
        open_bytes(Path(source)) as text,
        atomic(path) as temporary,
        pysam.BGZFile(str(temporary), "wb", None) as bgzf,
        reading_gzip(source),
    ):
        shutil.copyfileobj(text, bgzf, CHUNK_BYTES)


def index_fasta(path: str | Path) -> None:
    """Write ``<path>.fai`` and, next to a BGZF file, ``<path>.gzi``, each atomically.

    The ``.gzi`` ends in a seal (`seqcast.core.seals`) of itself and of the ``.fai``: both are read
    as plain numbers, and a changed one gives other bases.

    Raises
    ------
    InputError
        If samtools cannot index the file: plain gzip, no FASTA, or lines of unequal length; if it
        is truncated or damaged; if a name is there twice; or if it holds characters that are not
        bases.
    """
    path = Path(path)
    compressed = is_gzip(path)
    with atomic(f"{path}.fai") as fai:
        # whole paths: samtools would take a name that begins with - for an option
        options = [str(path.absolute()), "--fai-idx", str(fai.absolute())]
        if not compressed:
            _faidx(path, options)
            check_letters(path)
            _check_names(path, fai)
            return
        with reading_gzip(path):  # samtools takes a damaged block for the end of the file
            check_letters(path)
        with atomic(f"{path}.gzi") as gzi:
            _faidx(path, [*options, "--gzi-idx", str(gzi.absolute())])
            _check_names(path, fai, gzi)
            with gzi.open("ab") as file:  # after the entries, where programs do not read on
                file.write(f"fai={_crc32(fai)} {blank_seal()}\n".encode())
            seal(gzi)


def check_index(path: str | Path) -> None:
    """Refuse indexes of a BGZF file that are not as `index_fasta` wrote them.

    Those of other programs pass, which have no checksum.

    Raises
    ------
    InputError
        Naming the index and the rule that makes it again.
    """
    fai, gzi = Path(f"{path}.fai"), Path(f"{path}.gzi")
    if not (gzi.is_file() and fai.is_file() and (job := sealed_by(gzi))):
        return
    check_seal(gzi)
    if f"fai={_crc32(fai)} ".encode() not in gzi.read_bytes():
        raise damaged(fai, CHANGED, job)


@contextmanager
def reading_gzip(source: str | Path) -> Iterator[None]:
    """Tell a gzip file that cannot be read to its end."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{source} is not a whole gzip file ({error}); expected one that gunzip can read to "
            "its end. Delete it and download it again."
        ) from error


def _check_names(path: Path, fai: Path, gzi: Path | None = None) -> None:
    """Refuse a file with records that its new index lacks: samtools leaves out repeated names."""
    if problem := index_problem(path, fai, gzi, checked=sys.maxsize):
        raise InputError(
            f"{path} has records that samtools leaves out ({problem}): a name that is there twice, "
            "or none; expected one record a contig. Rename or remove the others."
        )


def _crc32(path: Path) -> str:
    return f"{zlib.crc32(path.read_bytes()):08x}"


def _faidx(path: Path, options: list[str]) -> None:
    """Run ``samtools faidx``, which is part of pysam."""
    try:
        pysam.faidx(*options)
    except pysam.SamtoolsError as error:
        raise InputError(
            f"{path} cannot be indexed by samtools; expected FASTA, plain or bgzip (not gzip), "
            "whose lines within one sequence have equal length. The line [E::fai_...] on stderr "
            "says what is wrong; write the file again without it."
        ) from error
