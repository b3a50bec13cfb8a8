"""One door to every file of reads."""

from pathlib import Path

from seqcast.reads.alignments import stream_alignments
from seqcast.reads.fastx import read_fastx, stream_fastx
from seqcast.reads.records import CHUNK_READS, ReadStream
from seqcast.reads.source import ByteSource


def open_reads(
    path: str | Path,
    path2: str | Path | None = None,
    reference: str | Path | None = None,
    chunk: int = CHUNK_READS,
    interleaved: bool = False,
) -> ReadStream:
    """Open reads of any format that seqcast knows: the content decides.

    Parameters
    ----------
    path : path
        FASTQ or FASTA (plain or compressed), BAM, CRAM or SAM; a pipe; or "-" for standard input.
    path2 : path, optional
        The second FASTQ or FASTA file of pairs.
    reference : path, optional
        FASTA that a CRAM file was written against.
    chunk : int
        Reads a list, fewer where they are long (`records.CHUNK_NT`).
    interleaved : bool
        Whether one file of FASTQ or FASTA holds pairs: mate 1, mate 2, mate 1, ...

    Returns
    -------
    ReadStream
        Chunks of reads; ``counts`` says how many records there were. A file without records gives
        no chunk: the caller reports it.

    Raises
    ------
    InputError
        At once if a file cannot be opened or has another format, while reading if it is damaged.
    """
    if path2 is not None or interleaved:
        return read_fastx(path, path2, chunk, interleaved)
    source = ByteSource(path)
    try:
        kind = source.kind()
        if kind in ("bam", "cram", "sam"):
            return stream_alignments(source, kind, reference, chunk)
        return stream_fastx([source], chunk)
    except BaseException:
        source.close()
        raise
