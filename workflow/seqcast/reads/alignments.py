"""BAM, CRAM and SAM: the reads in them, aligned or not, each once, in file order.

htslib (pysam) reads the records; no index is needed. Secondary and supplementary alignments repeat
a read that has its own record: they are skipped, and counted.
"""

import os
import threading
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO

import pysam

from seqcast.core.errors import InputError
from seqcast.core.text_files import BGZF_END
from seqcast.genome.fasta import quiet_htslib
from seqcast.reads.records import CHUNK_NT, CHUNK_READS, Read, ReadCounts, ReadStream
from seqcast.reads.source import BUFFER_BYTES, CRAM_END, TAIL_BYTES, ByteSource, last_bytes

TO_ASCII = bytes((value + 33) & 0xFF for value in range(256))  # Phred + 33


def _quality(values: array | None) -> str | None:
    # not pysam's query_qualities_str, which adds 33 twice to reads of one base (pysam 0.24.1)
    return None if values is None else values.tobytes().translate(TO_ASCII).decode("ascii")


def _as_sequenced(record: pysam.AlignedSegment) -> tuple[str | None, str | None]:
    # not get_forward_qualities, which fails if there are none
    quality = _quality(record.query_qualities)
    if quality is not None and record.is_reverse:
        quality = quality[::-1]
    return record.get_forward_sequence(), quality


def read_alignments(
    path: str | Path, reference: str | Path | None = None, chunk: int = CHUNK_READS
) -> ReadStream:
    """Read the reads of a BAM, CRAM or SAM file, in its order.

    Reads come as sequenced: those aligned to the reverse strand are turned back.

    Parameters
    ----------
    path : path
        The file, or a pipe, or "-" for standard input.
    reference : path, optional
        FASTA that a CRAM file was written against; other formats need none.
    chunk : int
        Reads a list, fewer where they are long (`records.CHUNK_NT`).

    Returns
    -------
    ReadStream
        Mates by the flags, wherever they stand; a sequence "*" gives an empty one. Its ``counts``
        say how many secondary and supplementary alignments were skipped.

    Raises
    ------
    InputError
        If the file cannot be opened, is no BAM, CRAM or SAM, is truncated, or lacks its reference.
    """
    source = ByteSource(path)
    try:
        kind = source.kind()
        if kind not in ("bam", "cram", "sam", "empty"):
            raise InputError(
                f"{source.name} holds {kind.upper()}; expected BAM, CRAM or SAM. Give it as a file "
                "of FASTQ or FASTA reads."
            )
        return stream_alignments(source, kind, reference, chunk)
    except BaseException:
        source.close()
        raise


def stream_alignments(
    source: ByteSource, kind: str, reference: str | Path | None, chunk: int
) -> ReadStream:
    """The reads of an open source of alignments; parameters as of `read_alignments`."""
    if reference is not None and not Path(reference).is_file():
        raise InputError(
            f"{reference} does not exist; expected the FASTA that {source.name} was written "
            "against. Check the path."
        )
    if source.seekable_file:
        _check_end(source, kind, last_bytes(source.path, TAIL_BYTES))
    counts = ReadCounts()
    chunks = iter(()) if kind == "empty" else _chunks(source, kind, reference, counts, chunk)
    return ReadStream(chunks, False, counts, source.close)


def _chunks(
    source: ByteSource,
    kind: str,
    reference: str | Path | None,
    counts: ReadCounts,
    size: int,
) -> Iterator[list[Read]]:
    """Yield chunks of reads; htslib is kept quiet only while it works."""
    try:
        with ExitStack() as stack:
            with quiet_htslib():
                file = stack.enter_context(_open_htslib(source, reference, stack))
            records = file.fetch(until_eof=True)
            while True:
                with quiet_htslib():
                    part = _next_reads(records, counts, size)
                if not part:
                    break
                yield part
    except (OSError, ValueError, NotImplementedError) as error:
        # closing a broken file fails too, and hides the reason
        reason = error.__context__ or error
        raise _unreadable(source, kind, counts.records, reason, reference) from error
    if source.failure is not None:
        raise source.damaged(source.failure, f", after record {counts.records}")
    if not source.seekable_file:
        _check_end(source, kind, source.tail)


def _open_htslib(
    source: ByteSource, reference: str | Path | None, stack: ExitStack
) -> pysam.AlignmentFile:
    """Open the file by its path, or a pipe through a pipe that the stack closes."""
    where = source.path if source.seekable_file else stack.enter_context(_pipe(source))
    fasta = None if reference is None else str(reference)
    return pysam.AlignmentFile(where, check_sq=False, reference_filename=fasta)


def _next_reads(
    records: Iterator[pysam.AlignedSegment], counts: ReadCounts, size: int
) -> list[Read]:
    """Up to ``size`` reads, or `CHUNK_NT` bases; empty at the end of the file."""
    reads: list[Read] = []
    held_nt = 0
    for record in records:
        counts.records += 1
        if record.is_secondary:
            counts.secondary += 1
        elif record.is_supplementary:
            counts.supplementary += 1
        else:
            counts.reads += 1
            sequence, quality = _as_sequenced(record)
            reads.append(Read(record.query_name or "", _mate(record), sequence or "", quality, ""))
            held_nt += len(sequence or "")
            if len(reads) >= size or held_nt >= CHUNK_NT:
                break
    return reads


def _mate(record: pysam.AlignedSegment) -> int:
    """1 or 2 by the flags; 0 if unpaired, or if they name both or neither."""
    if not record.is_paired or record.is_read1 == record.is_read2:
        return 0
    return 1 if record.is_read1 else 2


def _pipe(source: ByteSource) -> BinaryIO:
    """Give htslib, which wants a file descriptor, a pipe filled from the source's first byte on."""
    reading, writing = os.pipe()

    def fill() -> None:
        with suppress(BrokenPipeError), os.fdopen(writing, "wb", buffering=0) as out:
            try:
                while part := source.read(BUFFER_BYTES):
                    _write_all(out, part)
            except BrokenPipeError:
                raise  # htslib stopped early, and its own error says why
            except (OSError, ValueError) as error:
                source.failure = error

    threading.Thread(target=fill, daemon=True).start()
    return os.fdopen(reading, "rb")


def _write_all(out: BinaryIO, data: bytes) -> None:
    """Write all of ``data`` to an unbuffered file, which may take a part at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[out.write(rest) :]


def _check_end(source: ByteSource, kind: str, tail: bytes) -> None:
    """Refuse a file without the mark that ends it: htslib is silent about some of them."""
    whole = {"bam": tail.endswith(BGZF_END), "cram": CRAM_END in tail}.get(kind, True)
    if not whole:
        raise source.damaged(f"it lacks the block that ends a {kind.upper()} file")


def _unreadable(
    source: ByteSource, kind: str, n_records: int, error: BaseException, reference: object
) -> InputError:
    """The error for a file that htslib refuses or that breaks off."""
    if kind == "sam" and n_records == 0:
        return InputError(
            f"{source.name}, record 1 cannot be read ({error}); expected SAM with a header, whose "
            "lines @SQ name all references. Add them, for instance with samtools view -h -t "
            "reference.fa.fai, or fix the record."
        )
    if kind == "cram":
        hint = "the FASTA it was written against" if reference is None else f"maybe not {reference}"
        return InputError(
            f"{source.name} cannot be decoded after record {n_records} ({error}); expected a whole "
            f"CRAM file and its reference sequence, {hint}. Give that FASTA as reference, or "
            "download the file again."
        )
    return source.damaged(error, f", after record {n_records}")
