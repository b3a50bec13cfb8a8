"""Every text that users give comes through one door: read whole, or refused with its name."""

import bz2
import contextlib
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_cells, read_text
from seqcast.datasets.coverage.target_windows import read_windows
from seqcast.evaluation.coverage.half_life_accuracy import read_groups
from seqcast.genome.annotation import read_annotation
from seqcast.genome.bgzip import recompress_bgzip
from seqcast.genome.fasta import Genome
from seqcast.genome.genbank import read_genbank
from seqcast.genome.intervals import read_bed
from seqcast.genome.tracks import Tracks
from seqcast.transcripts.files import read_table
from seqcast.transcripts.selection import read_ids
from tests.seqcast.genbank_files import genome


def of_genome(path: Path) -> object:
    fasta = path.with_name("genome.fa")
    fasta.write_text(">chr1\nACGT\n")
    return Genome(fasta, path)._synonyms


# Name of a file, its text, the reader. Each text holds an é, or could: in a comment or a note.
READERS: dict[str, tuple[str, str, Callable]] = {
    "BED": ("a.bed", "chr1\t5\t9\té\nchr2\t1\t2\tx\n", lambda path: read_bed(path).rows()),
    "windows": (
        "w.bed", "# é\nchr1\t0\t64\tfold0\nchr1\t64\t128\tfold1\n",
        lambda path: read_windows(path).rows(),
    ),
    "tracks": (
        "t.tsv",
        "\tidentifier\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"
        "0\tA\t\t1\tsum\t0\té\n",
        lambda path: Tracks.read(path).table().rows(),
    ),
    "groups of tracks": (
        "g.tsv", "identifier\tdescription\tgroup\nA\té\tx\n", lambda path: read_groups(path).rows(),
    ),
    "aliases": ("c.tsv", "contig\talias\nchr1\té\n", of_genome),
    "ids": ("ids.txt", "T1\nTé\n", read_ids),
    "labels": ("l.csv", "id,label\né,1\nb,2\n", lambda path: read_table(path).rows()),
}  # fmt: skip
PACKED = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
    "BOM": lambda data: b"\xef\xbb\xbf" + data,
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "BOM in gzip": lambda data: gzip.compress(b"\xef\xbb\xbf" + data),
}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("kind", READERS)
def test_all_readers_read_what_one_reads(tmp_path: Path, kind: str, packed: str) -> None:
    name, text, read = READERS[kind]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    wanted = read(path)
    assert wanted
    path.write_bytes(PACKED[packed](text.encode()))
    assert read(path) == wanted


def cut(data: bytes) -> bytes:
    return gzip.compress(data * 50)[:-20]


DAMAGED = {
    "Latin-1": lambda text: text.encode("latin-1"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 without mark": lambda text: text.encode("utf-16-le"),
    "cut gzip": lambda text: cut(text.encode()),
    "cut xz": lambda text: lzma.compress(text.encode())[:-9],
    "flipped gzip": lambda text: gzip.compress(text.encode())[:-6] + b"\xff" * 6,
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "a picture": lambda text: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
}


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("kind", READERS)
def test_all_readers_refuse_with_the_name_of_the_file(
    tmp_path: Path, kind: str, damage: str
) -> None:
    name, text, read = READERS[kind]
    path = tmp_path / name
    path.write_bytes(DAMAGED[damage](text))
    if (kind, damage) == ("labels", "CR"):  # csv of Python reads them
        assert read(path) == [("é", 1), ("b", 2)]
        return
    with pytest.raises(InputError, match=name):
        read(path)


@pytest.mark.parametrize("kind", READERS)
def test_missing_files_and_folders(tmp_path: Path, kind: str) -> None:
    name, _, read = READERS[kind]
    with pytest.raises(InputError, match=name):
        read(tmp_path / name)
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=name):
        read(tmp_path / name)


def test_places_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.bed"
    path.write_bytes(b"chr1\t1\t2\nchr1\t3\t4\tr\xe9gion\n")
    with pytest.raises(
        InputError, match=r"a\.bed, line 2 is not text in UTF-8 \(byte 0xe9: Latin-1\?\)"
    ):
        read_text(path, "a BED file")
    path.write_text("a\tb\n1\t2\t3\n")
    with pytest.raises(InputError, match=r"not readable as a tab-separated table .*expected a tab"):
        read_cells(path, "a table")


def test_a_bgzip_file_without_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.bed.gz"
    (tmp_path / "a.bed").write_text("chr1\t5\t9\n" * 10_000)
    recompress_bgzip(tmp_path / "a.bed", path)
    assert len(read_bed(path)) == 10_000
    path.write_bytes(path.read_bytes()[:-28])
    with pytest.raises(InputError, match="lacks the block that ends a bgzip file"):
        read_bed(path)


@pytest.mark.parametrize("name", ["a.gtf", "a.gtf.gz"])
@pytest.mark.parametrize("damage", [d for d in DAMAGED if d not in ("Latin-1", "cut xz")])
def test_annotations(tmp_path: Path, name: str, damage: str) -> None:
    text = 'c1\tm\texon\t1\t9\t.\t+\t.\tgene_id "é"; transcript_id "t";\n'
    (tmp_path / name).write_bytes(DAMAGED[damage](text * 2))
    with pytest.raises(InputError, match=r"a\.gtf"):
        read_annotation(tmp_path / name)


def test_a_damaged_genbank_file_is_refused_or_read(tmp_path: Path) -> None:
    data = genome("R1", seed=1, length_nt=600).encode()
    path, refused = tmp_path / "a.gb", 0
    for place in range(0, len(data), 5):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x94]) + data[place + 1 :])
        with contextlib.suppress(InputError):
            list(read_genbank(path))
            refused -= 1
        refused += 1
    assert refused
