"""An index of another file is never used, and a sequence that is no DNA is told."""

import logging
import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.genome.bgzip import index_fasta, recompress_bgzip
from seqcast.genome.fasta import Genome
from seqcast.genome.fasta_checks import index_problem

FASTA = ">chr1 first\nacgtRN\nACGTAC\nAC\n>chr2\nTTTT\n"
OTHERS = {
    "renamed": FASTA.replace("chr2", "chr3"),
    "longer header": FASTA.replace("first", "first of all"),
    "other lines, equal size": ">chr1 first\nacgtRNA\nCGTACAC\n\n>chr2\nTTTT\n",
    "longer": FASTA + "AC\n",
    "one more": FASTA + ">chr3\nAC\n",
    "one less": FASTA.partition(">chr2")[0],
    "shorter at its end": FASTA[:-3] + "\n",
    "in another order": ">chr2\nTTTT\n>chr1 first\nacgtRN\nACGTAC\nAC\n",
}


def bases_of(text: str) -> dict[str, str]:
    """Oracle: records of FASTA, by name."""
    records = re.findall(r">(\S+)[^\n]*\n([^>]*)", text)
    return {name: "".join(lines.split()).upper() for name, lines in records}


def replace(path: Path, text: str, is_packed: bool) -> None:
    """Put another file under a name, dated before the index, as `mv`, `tar` and `rsync -t` do."""
    if is_packed:
        path.with_name("plain").write_text(text)
        recompress_bgzip(path.with_name("plain"), path)
    else:
        path.write_text(text)
    os.utime(path, ns=(0, 0))


def read(path: Path) -> dict[str, str]:
    with Genome(path) as genome:
        return {name: genome.fetch(name, 0, n) for name, n in genome.contigs.items()}


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("change", OTHERS)
def test_a_newer_index_of_another_file_is_made_anew(
    tmp_path: Path, change: str, is_packed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "genome.fa"
    replace(path, FASTA, is_packed)
    assert read(path) == bases_of(FASTA)
    replace(path, OTHERS[change], is_packed)
    with caplog.at_level(logging.WARNING):
        assert read(path) == bases_of(OTHERS[change])
    assert "genome.fa.fai is of another file" in caplog.text
    assert index_problem(path) is None


contigs = st.lists(
    st.tuples(st.text("ab", min_size=1, max_size=2), st.text("ACGTn", max_size=12)),
    min_size=1, max_size=4, unique_by=lambda contig: contig[0],
).filter(lambda made: made[-1][1])  # fmt: skip
files = st.tuples(contigs, st.integers(2, 5), st.sampled_from(["\n", "\r\n"]))


def fasta_of(contigs: list[tuple[str, str]], width: int, newline: str) -> str:
    return "".join(
        newline.join([f">{name}", *(bases[i : i + width] for i in range(0, len(bases), width)), ""])
        for name, bases in contigs
    )


@settings(deadline=None, max_examples=40)
@given(files, files, st.booleans())
def test_whatever_file_an_index_is_of_the_bases_are_right(one, other, is_packed: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "genome.fa"
        for made in (one, other):
            replace(path, fasta_of(*made), is_packed)
            assert read(path) == {name: bases.upper() for name, bases in made[0] if bases}
            assert index_problem(path) is None


def test_many_contigs_and_blocks(tmp_path: Path) -> None:
    text = "".join(f">c{i} a\n{'ACGT' * (i % 50)}\n{'GG'}\n".replace("\n\n", "\n")
                   for i in range(1, 3000) if i % 50)  # fmt: skip
    for is_packed in (False, True):
        path = tmp_path / ("genome.fa.gz" if is_packed else "genome.fa")
        replace(path, text, is_packed)
        index_fasta(path)
        assert index_problem(path) is None
        replace(path, text.replace(">c2001 a\n", ">c2001 a\nACGT\n>new\n"), is_packed)
        assert index_problem(path)


def test_an_index_that_cannot_be_made_anew_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "genome.fa"
    replace(path, FASTA, is_packed=False)
    index_fasta(path)
    replace(path, OTHERS["renamed"], is_packed=False)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(InputError, match=r"'>chr3' is there, and the index has chr2.*samtools fai"):
        Genome(path)


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">a\nAAAA\n>a\nCC\n>b\nGG\n", r"'>a' is there, and the index has b.*one record a contig"),
        (">a\nAAAA\n>b\nGG\n>a\nCC\n", r"'>a' follows b"),
        (">c\nACGUACGU\n", r"'U' \(2\); .*It is RNA: write T for U"),
        (">c\nAC--ACG*AC\n", r"'-' \(2\), '\*' \(1\)"),
        (">c\nMKLVFFAEDVGSNKGAIIGLM\n", r"'L' \(2\).*looks like protein"),
        (">c\nACGTÿACGT\n", "not bases"),
        (">c\nACG ACG\n", r"' ' \(1\)"),
    ],
)
def test_what_is_no_genome_is_refused(
    tmp_path: Path, text: str, message: str, is_packed: bool
) -> None:
    path = tmp_path / "genome.fa"
    replace(path, text, is_packed)
    with pytest.raises(InputError, match=message):
        Genome(path)
    assert not path.with_name("genome.fa.fai").exists()


def test_letters_deep_in_a_file_that_others_indexed(tmp_path: Path) -> None:
    path = tmp_path / "genome.fa"
    lines = ["ACGTACGTAC"] * 2000
    path.write_text("\n".join([">c", *lines, ""]))
    index_fasta(path)
    lines[1500] = "ACG-ACGéAC"
    path.write_text("\n".join([">c", *lines, ""]), encoding="latin-1")
    os.utime(path, ns=(0, 0))
    with Genome(path) as genome:
        assert genome.fetch("c", 0, 10) == "ACGTACGTAC"
        with pytest.raises(InputError, match=r"c:15003-15005 holds .*'-' \(1\)"):
            genome.fetch("c", 15003, 15005)
        with pytest.raises(InputError, match="not bases"):
            genome.fetch("c", 15006, 15010)


def test_headers_may_hold_anything_and_be_cut_by_reading_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "genome.fa"
    path.write_text(">c é > U*-\n" + "ACGT\n" * 300_000 + ">d EFILPQ >\nAC\n")
    assert read(path)["d"] == "AC"
