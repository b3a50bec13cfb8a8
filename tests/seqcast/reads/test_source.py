"""What a file is shows in its content, and whether it is whole in its last bytes."""

import gzip
import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from seqcast.core.errors import InputError
from seqcast.core.text_files import DAMAGE
from seqcast.reads.source import ByteSource, last_bytes
from tests.seqcast.reads.examples import write

FASTQ = b"@r\nACGT\n+\nIIII\n"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (FASTQ, "fastq"), (b">r\nACGT\n", "fasta"), (b"", "empty"), (b"\n \r\n", "empty"),
        (b"@HD\tVN:1.6\n", "sam"), (b"@HDx y\nA\n+\nI\n", "fastq"), (b"@SQ\tSN:c\tLN:5\n", "sam"),
        (b"r\t4\t*\t0\t0\t*\t*\t0\t0\tAC\tII\n", "sam"), (b"BAM\1\0\0", "bam"), (b"CRAM\3\0", "cram"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["plain", "gzip", "bgzip"])
def test_content_decides(tmp_path: Path, content: bytes, kind: str, how: str) -> None:
    with ByteSource(write(tmp_path / "wrong.vcf.xz", content, how)) as source:
        assert source.kind() == kind
        assert source.text().read() == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"ACGT\nACGT\n", r"begins with b'ACGT.*expected FASTQ \(@\) or FASTA"),
        (b"# a comment\nACGT\n", r"begins with b'ACGT"),
        ("\ufeff@r\nA\n+\nI\n".encode("utf-16-le"), "is text in UTF-16; .* Save it in UTF-8"),
        (b"PK\3\4", "a workbook or a zip file; .* Unpack it"),
        (b"\x04\x22\x4d\x18", "compressed by lz4; expected .*zstd.*Decompress it"),
        (b"NCBI.sra", "fasterq-dump"),
        (b"#h\n" + b"\t".join([b"x"] * 12) + b"\n", "begins with b'x"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = write(tmp_path / "reads.fastq", content)
    with ByteSource(path) as source, pytest.raises(InputError, match=message) as found:
        source.kind()
    assert str(path) in str(found.value)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.fastq cannot be opened \(No such file"):
        ByteSource(tmp_path / "no.fastq")
    with pytest.raises(InputError, match="Is a directory"):
        ByteSource(tmp_path)


def test_every_byte_passes_once_and_the_last_are_kept(tmp_path: Path) -> None:
    data = os.urandom(300_000)
    path = write(tmp_path / "bytes", data)
    with ByteSource(path) as source:
        parts = []
        while part := source.read(1000):
            parts.append(part)
        assert b"".join(parts) == data
        assert source.tail == data[-38:] == last_bytes(path, 38)
    assert last_bytes(write(tmp_path / "short", b"ab"), 38) == b"ab"


def test_standard_input_is_read_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.BytesIO(gzip.compress(FASTQ))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stdin))
    with ByteSource("-") as source:
        assert (source.name, source.kind(), source.seekable_file) == (
            "standard input",
            "fastq",
            False,
        )
        assert source.text().read() == FASTQ
    assert not stdin.closed


@pytest.mark.parametrize("how", ["gzip", "bgzip", "bzip2", "xz", "zstd"])
def test_compressed_files_to_their_last_byte(tmp_path: Path, how: str) -> None:
    data = b"".join(
        b"@r%d\nACGT%s\n+\nIIII%s\n" % (i, b"ACGT" * (i % 9), b"IIII" * (i % 9))
        for i in range(40_000)
    )
    path = write(tmp_path / "x", data, how)
    whole = path.read_bytes()
    for twice in (1, 2):
        path.write_bytes(whole * twice)
        with ByteSource(path) as source:
            assert source.kind() == "fastq"
            assert b"".join(source.pieces()) == data * twice
    for cut in (len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:cut])
        with ByteSource(path) as source:
            found = []
            with pytest.raises(DAMAGE):
                found.extend(source.pieces())
            assert data.startswith(b"".join(found))


@pytest.mark.parametrize("how", ["plain", "gzip", "bzip2", "xz", "zstd"])
@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\n \n", b"# c\n;d\n\n", b"\xef\xbb\xbf\n#\n"])
def test_what_may_come_first(tmp_path: Path, start: bytes, how: str) -> None:
    with ByteSource(write(tmp_path / "x", start + FASTQ, how)) as source:
        assert source.kind() == "fastq"
