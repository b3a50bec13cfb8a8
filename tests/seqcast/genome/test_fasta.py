"""Bases come from the right place, and a wrong index or name never goes unnoticed."""

import gzip
import logging
import os
import pickle
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.genome.bgzip import recompress_bgzip
from seqcast.genome.fasta import Genome

# Soft-masked (lower case), IUPAC, and a last line shorter than the others.
FASTA = ">chr1 first\nacgtRN\nACGTAC\nAC\n>chr2\nTTTT\n"


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    path = tmp_path / "genome.fa"
    path.write_text(FASTA)
    return path


@pytest.mark.parametrize(
    ("start", "end", "bases"),
    [
        (0, 6, "ACGTRN"),  # upper-cased; IUPAC kept as read
        (4, 9, "RNACG"),  # across a line
        (-3, 2, "NNNAC"),  # off the left end
        (12, 17, "ACNNN"),  # off the right end
        (-2, 16, "NNACGTRNACGTACACNN"),
        (-5, -2, "NNN"),
        (20, 22, "NN"),
        (3, 3, ""),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_fetch(fasta: Path, packed: bool, start: int, end: int, bases: str) -> None:
    path = fasta
    if packed:
        path = fasta.with_suffix(".fa.gz")
        pysam.tabix_compress(str(fasta), str(path))
    with Genome(path) as genome:
        assert genome.contigs == {"chr1": 14, "chr2": 4}
        assert genome.fetch("chr1", start, end) == bases


def test_fetch_refuses_what_a_program_must_not_ask(fasta: Path) -> None:
    with Genome(fasta) as genome:
        with pytest.raises(KeyError, match="chr3"):
            genome.fetch("chr3", 0, 1)
        with pytest.raises(ValueError, match="chr1:5-4 ends before it starts"):
            genome.fetch("chr1", 5, 4)


def test_a_pickled_genome_reopens_its_file(fasta: Path, root: Path) -> None:
    with Genome(fasta, root / "resources/contigs/hg38.tsv") as genome:
        copy = pickle.loads(pickle.dumps(genome))
    with copy:
        assert copy.fetch(copy.resolve("1"), 0, 4) == "ACGT"


def test_missing_index_is_built(fasta: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), Genome(fasta):
        pass
    assert fasta.with_name("genome.fa.fai").is_file()
    assert "genome.fa.fai is missing; indexing it" in caplog.text


def test_stale_index_is_rebuilt(fasta: Path, caplog: pytest.LogCaptureFixture) -> None:
    Genome(fasta).close()
    index = fasta.with_name("genome.fa.fai")
    fasta.write_text(">chr1\nTT\n" + FASTA.replace("chr1", "chr3"))
    os.utime(index, ns=(0, fasta.stat().st_mtime_ns - 1))
    with caplog.at_level(logging.WARNING), Genome(fasta) as genome:
        assert genome.contigs == {"chr1": 2, "chr3": 14, "chr2": 4}
        assert genome.fetch("chr1", 0, 2) == "TT"  # the old index would give AC
    assert "genome.fa.fai is older than the FASTA" in caplog.text


def test_folder_without_write_access(fasta: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(InputError, match=r"fai is missing, and its folder .*Run `samtools faidx"):
        Genome(fasta)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"is not FASTA: it is empty"),
        ("hello\n", r"begins with b'hello.n'; expected '>'"),
        (">chr1\nACG\nACGT\nAC\n", "cannot be indexed by samtools.*equal length"),
    ],
)
def test_not_a_fasta(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "genome.fa"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        Genome(path)


def test_plain_gzip_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "genome.fa.gz"
    path.write_bytes(gzip.compress(FASTA.encode()))
    with pytest.raises(InputError, match=r"is gzip.*bgzip .*samtools faidx"):
        Genome(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.fa does not exist"):
        Genome(tmp_path / "nowhere.fa")


@pytest.mark.parametrize(
    "index", ["chr1\tfourteen\n", "", "chr1 14 6 5 6\n", "chr1\t-14\t6\t5\t6\n", "chr1\t14"]
)
def test_a_broken_index_is_made_anew(fasta: Path, index: str) -> None:
    contigs = dict(Genome(fasta).contigs)
    fasta.with_name("genome.fa.fai").write_text(index)
    assert Genome(fasta).contigs == contigs


def genome_of(tmp_path: Path, names: list[str], table: Path | None) -> Genome:
    path = tmp_path / "names.fa"
    path.write_text("".join(f">{name}\nA\n" for name in names))
    return Genome(path, table)


def test_names_are_joined_by_the_table_in_both_directions(tmp_path: Path, root: Path) -> None:
    table = root / "resources/contigs/hg38.tsv"
    with genome_of(tmp_path, ["chr1", "chrM", "chrUn_1"], table) as genome:
        names = ["chr1", "1", "NC_000001.11", "MT", "M", "chrUn_1"]
        assert [genome.resolve(name) for name in names] == ["chr1"] * 3 + ["chrM"] * 2 + ["chrUn_1"]
        assert genome.resolve("NC_000001.10") is None  # hg19's chromosome 1
        assert genome.resolve("Un_1") is None  # no guessing of prefixes
    with genome_of(tmp_path, ["1", "MT"], table) as genome:
        assert [genome.resolve(name) for name in ("chr1", "chrM", "chr2")] == ["1", "MT", None]


def test_no_table_no_guess(tmp_path: Path) -> None:
    with genome_of(tmp_path, ["chr1"], None) as genome:
        assert genome.resolve("1") is None


def test_tables_name_the_25_primary_contigs(root: Path) -> None:
    primary = {f"chr{name}" for name in [*range(1, 23), "X", "Y", "M"]}
    for assembly in ("hg38", "hg19"):
        lines = (root / f"resources/contigs/{assembly}.tsv").read_text().splitlines()[1:]
        assert {line.split("\t")[0] for line in lines} == primary
        # UCSC's hg19 carries NC_001807 (16,571 bp) as chrM, GRCh37 the rCRS (16,569 bp) as MT.
        assert ("chrM\tMT" in lines) == (assembly == "hg38")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name,alias\n", r"has columns \['name,alias'\]; expected contig and alias"),
        ("contig\talias\nchr1\t1\nchr2\t1\n", "gives alias 1 to chr1 and to chr2"),
        (None, "does not exist; expected a table of contig aliases"),
    ],
)
def test_broken_alias_table(fasta: Path, table: str | None, message: str) -> None:
    path = fasta.with_name("aliases.tsv")
    if table is not None:
        path.write_text(table)
    with pytest.raises(InputError, match=message):
        Genome(fasta, path)


def test_real_genome(shared: Path) -> None:
    folder = shared / "data/human/chr1_0-1M_hg38"
    with Genome(folder / "hg38_1m.fa.gz") as genome:
        assert genome.contigs == {"chr1": 1_000_000}
        assert genome.fetch("chr1", 9_998, 10_006) == "NNTAACCC"  # the telomere repeat begins


OPENED_BEFORE_FORK: list[Genome] = []


def read_in_worker(start: int) -> str:
    return OPENED_BEFORE_FORK[0].fetch("chr1", start, start + 5000)


def test_forked_workers_read_their_own_file(tmp_path: Path) -> None:
    # with one shared file position reads fail, or come from the wrong place
    rng = np.random.default_rng(8)
    sequence = "".join(rng.choice(list("ACGT"), 300_000))
    (tmp_path / "genome.fa").write_text(f">chr1\n{sequence}\n")
    recompress_bgzip(tmp_path / "genome.fa", tmp_path / "genome.fa.gz")
    starts = rng.integers(0, 290_000, 2000).tolist()
    OPENED_BEFORE_FORK[:] = [Genome(tmp_path / "genome.fa.gz")]
    with get_context("fork").Pool(4) as pool:
        found = pool.map(read_in_worker, starts, chunksize=1)
    OPENED_BEFORE_FORK.pop().close()
    assert found == [sequence[s : s + 5000] for s in starts]
