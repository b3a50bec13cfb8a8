"""FASTQ and FASTA come out as they are, or with an error that names the record."""

import gzip
import logging
import os
import re
import tempfile
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.core.text_files import BGZF_END
from seqcast.reads import Read
from seqcast.reads.fastx import read_fastx
from seqcast.reads.source import ByteSource
from tests.seqcast.reads.examples import EXAMPLES, a_read, all_of, fasta, fastq, some_reads, write


@EXAMPLES
@given(
    st.lists(a_read(), max_size=12),
    st.sampled_from(["plain", "gzip", "bgzip"]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 5),
)
def test_fastq_round_trip(reads: list[Read], how: str, end: str, chunk: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "reads", fastq(reads, end), how)
        assert all_of(read_fastx(path, chunk=chunk)) == reads


@EXAMPLES
@given(st.lists(a_read(quality=False), max_size=12), st.sampled_from(["plain", "gzip", "bgzip"]))
def test_fasta_round_trip(reads: list[Read], how: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "reads", fasta(reads), how)
        assert all_of(read_fastx(path)) == reads


@EXAMPLES
@given(st.lists(a_read(), max_size=9), st.data())
def test_mixed_line_ends(reads: list[Read], data: st.DataObject) -> None:
    lines = fastq(reads).split(b"\n")[:-1]
    ends = data.draw(
        st.lists(st.sampled_from([b"\n", b"\r\n"]), min_size=len(lines), max_size=len(lines))
    )
    with tempfile.TemporaryDirectory() as folder:
        text = b"".join(line + end for line, end in zip(lines, ends, strict=True))
        assert all_of(read_fastx(write(Path(folder) / "reads", text))) == reads


@EXAMPLES
@given(st.lists(st.tuples(a_read(mate=1), a_read(mate=2)), max_size=9), st.integers(1, 5))
def test_pairs_alternate(pairs: list[tuple[Read, Read]], chunk: int) -> None:
    # "/1" in both names would be the same mate twice
    pairs = [
        (one._replace(name=f"{one.name}."), two._replace(name=f"{one.name}.")) for one, two in pairs
    ]
    with tempfile.TemporaryDirectory() as folder:
        paths = [
            write(Path(folder) / f"R{mate}", fastq([pair[mate - 1] for pair in pairs]))
            for mate in (1, 2)
        ]
        stream = read_fastx(*paths, chunk=chunk)
        assert stream.paired
        chunks = list(stream)
    assert [read for part in chunks for read in part] == [read for pair in pairs for read in pair]
    assert all(len(part) % 2 == 0 for part in chunks)  # no pair is cut


@pytest.mark.parametrize("kind", ["fastq", "fasta"])
def test_short_and_empty_reads_are_reads(tmp_path: Path, kind: str) -> None:
    reads = [read for n in range(7) for read in some_reads(1, length=n)]
    if kind == "fasta":
        reads = [read._replace(quality=None) for read in reads]
    path = write(tmp_path / "reads", (fastq if kind == "fastq" else fasta)(reads))
    assert [len(read.sequence) for read in all_of(read_fastx(path))] == list(range(7))


@pytest.mark.parametrize("how", ["plain", "gzip", "bgzip"])
@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\n"])
def test_files_without_a_read_give_none(tmp_path: Path, content: bytes, how: str) -> None:
    path = write(tmp_path / "reads.fastq", content, how)
    assert all_of(read_fastx(path)) == []
    assert all_of(read_fastx(path, write(tmp_path / "R2", content, how))) == []


RECORD = b"@r0 c\nACGT\n+\nIIII\n"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (b"@r1\nACGT\n+\nIII\n", r"record 2 \(line 8\) is broken: it has 4 bases and 3 qualities"),
        (b"@r1\nACGT\n+\nIII\n@r2\nACGT\n+\nIIII\n", r"record 2 \(line 8\) .* 4 bases and 3 qual"),
        (b"@r1\nACGT\n+\nIIIII\n", r"record 2 \(line 8\) is broken: it has 4 bases and 5 qualities"),
        (b"@r1\nACGT\n+\n\n@r2\nA\n+\nI\n", r"record 2 \(line 8\) .* 4 bases and 0 qualities"),
        (b"@r1\nAC\nGT\n+\nI\nI\nII\n", r"record 2 \(line 10\) .* 4 bases and 2 qualities"),
        (b"@r1\nACGT\nIIII\n" + RECORD, r"record 2 \(line 8\) .* begins with '\+' is missing: found '@r0"),
        (b"r1\nACGT\n+\nIIII\n", r"record 2 \(line 5\) .* begins with '@' is missing: found 'r1'"),
        (b"#c\n@r1\nACGT\n+\nIIII\n", r"record 2 \(line 5\) .* '@' is missing: found '#c'"),
        (b"@r1\nACGT\n+r2\nIIII\n", "record 2 .*header and its repetition differ: 'r1' and 'r2'"),
        (b"@r1\nAC", "record 2 .*is missing: the file ends|record 2 .*found 'AC'"),
        (b"@r1", r"record 2 \(line 5\) .*is missing: the file ends"),
        (b"@r1\nAC\n+\n", "record 2 .*2 bases and 0 qualities"),
        (b"@\xe9\nAC\n+\nII\n", r"record 2 .*b'\\xe9' is not UTF-8"),
        (b"@r1\nA GT\n+\nIIII\n", "record 2 is broken: bases 'A GT' hold other characters"),
        ("@r1\nAΨGT\n+\nIIIII\n".encode(), r"bases 'AΨGT' hold other characters \('Ψ' in read 'r1'\)"),
        (b"@r1\nA1GT\n+\nIIII\n", r"record 2 is broken: bases 'A1GT' hold other characters \('1'"),
        (b"@p\nMKEL\n+\nIIII\n", r"bases 'MKEL' hold other characters \('E' in read 'p'\); .* not protein"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["plain", "gzip", "bgzip"])
def test_broken_fastq_names_the_record(
    tmp_path: Path, broken: bytes, message: str, how: str
) -> None:
    path = write(tmp_path / "x.fastq.gz", RECORD + broken, how)
    with pytest.raises(InputError, match=message) as found:
        all_of(read_fastx(path))
    assert str(path) in str(found.value)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b">\xe9\nACGT\n", r"record 1 \(line 1\) .*; expected >name, then lines of bases"),
        (
            b">r0\nACGT\0\n",
            r"record 1 is broken: bases 'ACGT\\x00' hold other characters \('\\x00'",
        ),
        (b">r0\nACGT\n>r1\nAC GT\n", "record 2 is broken: bases 'AC GT'"),
        (b">r0\nACGT\n>\xe9\nACGT\n>r2\nA\n", r"record 2 \(line 3\) .*b'\\xe9' is not UTF-8"),
        (b"\n" * 70_000 + b"r0\nACGT\n", r"record 1 \(line 70001\) .* '>' is missing: found 'r0'"),
    ],
)
def test_broken_fasta_names_the_record(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        all_of(read_fastx(write(tmp_path / "x.fasta", content)))


@pytest.mark.parametrize("letter", "EFILPQZJOXefilpqzjox1_")
def test_letters_that_are_no_nucleotide(tmp_path: Path, letter: str) -> None:
    good = "ACGTURYKMSWBDHVNacgturykmswbdhvn-*."
    path = write(tmp_path / "x.fasta", f">a\n{good}\n>b c\n{good}{letter}E\n".encode())
    with pytest.raises(InputError, match=rf"record 2 .* \('{letter}' in read 'b'\)"):
        all_of(read_fastx(path))
    assert all_of(read_fastx(write(path, f">a\n{good}\n".encode())))[0].sequence == good


def test_quotes_in_errors_are_short(tmp_path: Path) -> None:
    long = "x" * 5_000
    for text in (f"@{long}\nAC\n+{long}y\nII\n", f"@r\nAC\n{long}\nII\n", f"@r\nAC\n+\n{long}",
                 f"@r\n{long}\n+\nII\n", f"@{long}\nAE\n+\nII\n"):  # fmt: skip
        with pytest.raises(InputError, match="record 1") as found:
            all_of(read_fastx(write(tmp_path / "x.fastq", text.encode())))
        assert "x" * 61 not in str(found.value)


@pytest.mark.parametrize("how", ["gzip", "bgzip"])
@pytest.mark.parametrize("reads", [some_reads(3), some_reads(5000)], ids=["small", "large"])
def test_a_cut_gzip_never_looks_finished(tmp_path: Path, how: str, reads: list[Read]) -> None:
    path = tmp_path / "x.fastq.gz"
    whole = write(path, fastq(reads), how).read_bytes()
    cuts = {1, 2, 11, 17, len(whole) // 3, len(whole) // 2, len(whole) - 40, len(whole) - 1}
    for cut in sorted(cuts):
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError, match=r"x\.fastq\.gz"):
            all_of(read_fastx(path))


def test_damage_in_a_gzip_is_named_with_the_record_before(tmp_path: Path) -> None:
    path = tmp_path / "x.fastq.gz"
    whole = gzip.compress(fastq(some_reads(5000)))
    path.write_bytes(whole[:-8] + b"\0\1\2\3" + whole[-4:])
    with pytest.raises(InputError, match=r"cannot be read to its end, after record \d+ \(CRC"):
        all_of(read_fastx(path))
    path.write_bytes(whole + b"rubbish")
    with pytest.raises(InputError, match="Not a gzipped file"):
        all_of(read_fastx(path))


@pytest.mark.parametrize("how", ["gzip", "bgzip"])
@pytest.mark.parametrize("form", [fastq, fasta])
def test_a_cut_gzip_is_named_with_its_whole_records(
    tmp_path: Path, how: str, form: Callable[[list[Read]], bytes]
) -> None:
    """All records that zlib can still give are counted, but the last, which may be cut."""
    reads = some_reads(20_000)
    path = tmp_path / "x.gz"
    whole = write(path, form(reads), how).read_bytes()
    for cut in (len(whole) // 50, len(whole) // 3, len(whole) - 200):
        path.write_bytes(whole[:cut])
        rest, text = whole[:cut], b""
        while rest:
            member = zlib.decompressobj(31)
            text += member.decompress(rest)
            rest = member.unused_data
        n_begun = len(re.findall(rb"(?m)^[@>]r\d+ ", text))
        with pytest.raises(InputError, match=r"cannot be read to its end, after record") as found:
            all_of(read_fastx(path))
        number = int(str(found.value).split("after record ")[1].split()[0])
        assert n_begun - 2 <= number <= n_begun


def test_damage_near_the_start_is_no_blank_file(tmp_path: Path) -> None:
    path = tmp_path / "x.fastq.gz"
    whole = bytearray(gzip.compress(fastq(some_reads(5000))))
    whole[2_000:2_020] = bytes(255 - byte for byte in whole[2_000:2_020])
    path.write_bytes(whole)
    with pytest.raises(InputError, match=r"after record \d|, record \d+ .*is broken"):
        all_of(read_fastx(path))
    with ByteSource(path) as source:
        assert source.kind() == "fastq"


def test_bgzip_without_its_last_block(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Illumina's converters leave it out; a FASTA cut between two blocks looks the same."""
    reads = some_reads(3)
    path = tmp_path / "x.gz"
    path.write_bytes(write(path, fastq(reads), "bgzip").read_bytes().removesuffix(BGZF_END))
    with caplog.at_level(logging.WARNING):
        assert all_of(read_fastx(path)) == reads
    assert "lacks the block that ends a bgzip file" in caplog.text
    path.write_bytes(write(path, fasta(reads), "bgzip").read_bytes().removesuffix(BGZF_END))
    with pytest.raises(
        InputError, match=r"after record 3 \(it lacks the block that ends a bgzip file"
    ):
        all_of(read_fastx(path))


def test_concatenated_gzip_is_one_file(tmp_path: Path) -> None:
    reads = some_reads(3)
    path = tmp_path / "x.fastq.gz"
    for how in ("gzip", "bgzip"):
        path.write_bytes(write(path, fastq(reads), how).read_bytes() * 2)
        assert all_of(read_fastx(path)) == reads * 2


@pytest.mark.parametrize(
    ("name1", "name2", "mates"),
    [
        ("a", "a", True), ("a/1", "a/2", True), ("S.1.1", "S.1.2", True), ("a_R1", "a_R2", True),
        ("a_1", "a_2", True), ("a/2", "a/1", False), ("a/1", "a/1", False),
        ("a/2", "a/2", False), ("r1", "r2", False),
        ("a", "b", False), ("a/1", "b/2", False), ("1", "2", False),
    ],
)  # fmt: skip
def test_names_of_mates(tmp_path: Path, name1: str, name2: str, mates: bool) -> None:
    one, two = Read(name1, 1, "AC", "II", " 1:N"), Read(name2, 2, "GT", "II", " 2:N")
    stream = read_fastx(write(tmp_path / "R1", fastq([one])), write(tmp_path / "R2", fastq([two])))
    if mates:
        assert all_of(stream) == [one, two]
    else:
        with pytest.raises(
            InputError, match=rf"pair 1: '{name1}' in .*R1 and '{name2}' in .*R2 are not mates"
        ):
            all_of(stream)


@pytest.mark.parametrize("numbers", ["11", "22", "21"])
def test_numbers_of_mates_in_comments_of_illumina(tmp_path: Path, numbers: str) -> None:
    """A file that was given as both mates, under two names, pairs each read with itself."""
    mates = [Read("a", 1, "AC", "II", f" {number}:N:0:ACGT") for number in numbers]
    paths = [write(tmp_path / f"R{n}", fastq([mate])) for n, mate in enumerate(mates)]
    with pytest.raises(InputError, match=rf"pair 1: 'a {numbers[0]}:N:0' .* are not mates"):
        all_of(read_fastx(*paths))
    one = write(tmp_path / "both", fastq(mates))
    with pytest.raises(InputError, match=rf"is followed by 'a {numbers[1]}:N:0'"):
        all_of(read_fastx(one, interleaved=True))


@pytest.mark.parametrize("form", [fastq, fasta])
@pytest.mark.parametrize("ends", [("/1", "/2"), ("", "")])
def test_interleaved_pairs(
    tmp_path: Path, form: Callable[[list[Read]], bytes], ends: tuple[str, str], caplog
) -> None:
    reads = [
        read._replace(name=read.name + ends[mate - 1])
        for pair in zip(some_reads(5, 1), some_reads(5, 2), strict=True)
        for mate, read in enumerate(pair, start=1)
    ]
    path = write(tmp_path / "both", form(reads))
    stream = read_fastx(path, interleaved=True, chunk=3)
    assert stream.paired
    chunks = list(stream)
    assert [len(chunk) for chunk in chunks] == [4, 4, 2]
    found = [read for chunk in chunks for read in chunk]
    assert [read[:3] for read in found] == [read[:3] for read in reads]
    # read as two files, they are the same pairs; as single reads, with a hint
    halves = [write(tmp_path / f"R{mate}", form(reads[mate - 1 :: 2])) for mate in (1, 2)]
    assert all_of(read_fastx(*halves)) == found
    assert caplog.text == ""
    assert {read.mate for read in all_of(read_fastx(path))} == {0}
    assert "--interleaved" in caplog.text


def test_what_is_not_interleaved_is_refused(tmp_path: Path) -> None:
    one, two = some_reads(2)
    for reads, message in (
        ([one, one, two], r"pair 2: 'r1' is followed by the end of the file"),
        ([one, one, one, two], r"pair 2: 'r0' is followed by 'r1'"),
    ):
        with pytest.raises(InputError, match=rf"both, {message}; expected interleaved pairs"):
            all_of(read_fastx(write(tmp_path / "both", fastq(reads)), interleaved=True))
    path = write(tmp_path / "x.bam", b"BAM\1\0", "bgzip")
    with pytest.raises(InputError, match=r"holds BAM; .*not as interleaved"):
        read_fastx(path, interleaved=True)
    with pytest.raises(InputError, match="expected one of both"):
        read_fastx(tmp_path / "both", write(tmp_path / "R2", RECORD), interleaved=True)


@pytest.mark.parametrize(("n1", "n2"), [(3, 4), (4, 3), (0, 1), (1, 0)])
def test_files_of_unequal_length_are_refused(tmp_path: Path, n1: int, n2: int) -> None:
    path1 = write(tmp_path / "R1", fastq(some_reads(n1)))
    path2 = write(tmp_path / "R2", fastq(some_reads(n2)))
    shorter, longer = ("R1", "R2") if n1 < n2 else ("R2", "R1")
    n = min(n1, n2)
    with pytest.raises(
        InputError,
        match=rf"{shorter} ends after {n} reads but .*{longer} continues with read 'r{n}'",
    ):
        all_of(read_fastx(path1, path2))


def test_a_cut_second_file_is_refused(tmp_path: Path) -> None:
    path1 = write(tmp_path / "R1", fastq(some_reads(5000)))
    path2 = write(tmp_path / "R2", fastq(some_reads(5000)), "gzip")
    path2.write_bytes(path2.read_bytes()[:-10])
    with pytest.raises(InputError, match="R2 cannot be read to its end"):
        all_of(read_fastx(path1, path2))


def test_one_file_twice_and_alignments_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "R1", RECORD)
    (tmp_path / "link").symlink_to(path)
    (tmp_path / "hard").hardlink_to(path)
    for other in (path, f"{tmp_path}/./R1", tmp_path / "link", tmp_path / "hard"):
        with pytest.raises(InputError, match="expected two files"):
            read_fastx(path, other)
    with pytest.raises(InputError, match="absent cannot be opened"):
        read_fastx(path, tmp_path / "absent")
    with pytest.raises(InputError, match="holds BAM; expected FASTQ or FASTA"):
        read_fastx(path, write(tmp_path / "x.bam", b"BAM\1\0", "bgzip"))


@pytest.mark.parametrize("how", ["plain", "gzip", "bgzip"])
def test_named_pipes(tmp_path: Path, how: str) -> None:
    reads = some_reads(5000)
    data = write(tmp_path / "file", fastq(reads), how).read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for content, whole in ((data, True), (data[:-7], False)):
        writer = threading.Thread(target=pipe.write_bytes, args=(content,))
        writer.start()
        if whole:
            assert all_of(read_fastx(pipe)) == reads
        else:
            with pytest.raises(InputError, match="pipe"):
                all_of(read_fastx(pipe))
        writer.join()


def test_real_pairs(shared: Path) -> None:
    folder = shared / "data/reads/sars2"
    paths = [folder / f"pos_MN908947_3_1_R{mate}.fastq.gz" for mate in (1, 2)]
    reads = all_of(read_fastx(*paths))
    assert [read.mate for read in reads] == [1, 2] * 19_970  # README of data/reads
    assert max(len(read.sequence) for read in reads) == 251
    for mate, path in enumerate(paths):
        assert fastq(reads[mate::2]) == gzip.decompress(path.read_bytes())


def test_real_files_that_are_no_pairs(shared: Path) -> None:
    """First 2,000 reads of either mate; their names agree in the first five rows only."""
    folder = shared / "data/reads/hiv_env_2x301"
    paths = [folder / f"CAP217_4390_readsEnv_R{mate}.first2000.fastq.gz" for mate in (1, 2)]
    for path in paths:
        reads = all_of(read_fastx(path))
        assert len(reads) == 2000
        assert max(len(read.sequence) for read in reads) == 301
    with pytest.raises(
        InputError, match=r"pair 6: 'SRR9588785\.314119' in .* 'SRR9588785\.77892' in"
    ):
        all_of(read_fastx(*paths))
