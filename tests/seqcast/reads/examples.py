"""Files of reads for the tests, written by other code than the package's."""

import bz2
import gzip
import lzma
from pathlib import Path

import pysam
from backports import zstd
from hypothesis import settings
from hypothesis import strategies as st

from seqcast.reads import Read, ReadStream

# Files are written in each example, and machines may be busy.
EXAMPLES = settings(deadline=None, max_examples=40)

PACK = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}

NAMES = st.text(
    st.one_of(st.characters(min_codepoint=33, max_codepoint=126), st.sampled_from("éβ日")),
    min_size=1,
    max_size=12,
)
COMMENTS = st.one_of(
    st.just(""),
    st.tuples(
        st.sampled_from(" \t"),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
    ).map(lambda parts: "".join(parts).rstrip()),
)
BASES = st.text("ACGTNacgtnUR", max_size=40)


@st.composite
def a_read(draw: st.DrawFn, mate: int = 0, quality: bool = True) -> Read:
    """A read as FASTQ can hold it."""
    sequence = draw(BASES)
    letters = st.text(
        st.characters(min_codepoint=33, max_codepoint=126),
        min_size=len(sequence),
        max_size=len(sequence),
    )
    return Read(draw(NAMES), mate, sequence, draw(letters) if quality else None, draw(COMMENTS))


def fastq(reads: list[Read], end: str = "\n") -> bytes:
    """FASTQ text of reads."""
    records = [[f"@{r.name}{r.comment}", r.sequence, "+", r.quality or ""] for r in reads]
    return "".join(line + end for record in records for line in record).encode()


def fasta(reads: list[Read], width: int = 10) -> bytes:
    """FASTA text of reads, wrapped."""
    lines = []
    for read in reads:
        lines.append(f">{read.name}{read.comment}")
        lines += [read.sequence[i : i + width] for i in range(0, len(read.sequence), width)]
    return "".join(line + "\n" for line in lines).encode()


def some_reads(n: int, mate: int = 0, length: int = 30) -> list[Read]:
    """Reads r0, r1, ... with sequences that differ."""
    bases = "ACGT"
    return [
        Read(
            f"r{i}", mate, "".join(bases[(i >> 2 * (j % 8)) & 3] for j in range(length)),
            "".join(chr(33 + (i + j) % 94) for j in range(length)), f" {mate}:N:0",
        )
        for i in range(n)
    ]  # fmt: skip


def write(path: Path, data: bytes, how: str = "plain") -> Path:
    """Write bytes plain or compressed, whatever the path's suffix says."""
    if how == "bgzip":
        with pysam.BGZFile(str(path), "wb", None) as file:
            file.write(data)
    else:
        path.write_bytes(PACK[how](data))
    return path


def all_of(stream: ReadStream) -> list[Read]:
    """Every read of a stream; the counts must add up."""
    reads = [read for chunk in stream for read in chunk]
    counts = stream.counts
    assert counts.reads == len(reads)
    assert counts.records == counts.reads + counts.secondary + counts.supplementary
    return reads
