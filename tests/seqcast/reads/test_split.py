"""Split files hold every read once, as it came, and appear together."""

import gzip
import logging
import tempfile
from pathlib import Path

import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.reads import Read
from seqcast.reads.fastx import read_fastx
from seqcast.reads.split import SplitWriter, split_paths
from tests.seqcast.reads.examples import EXAMPLES, a_read, all_of, fastq, some_reads

LABELS = st.sampled_from(["coding", "non_coding", None])


def fasta_lines(reads: list[Read]) -> bytes:
    return "".join(f">{read.name}{read.comment}\n{read.sequence}\n" for read in reads).encode()


def text(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


@EXAMPLES
@given(st.data(), st.integers(1, 4), st.booleans())
def test_single_reads(data: st.DataObject, chunk: int, qualities: bool) -> None:
    reads = st.tuples(a_read(quality=qualities), LABELS)
    labelled = data.draw(st.lists(reads, min_size=not qualities, max_size=12))
    with tempfile.TemporaryDirectory() as folder:
        with SplitWriter(f"{folder}/out/x", paired=False) as writer:
            for start in range(0, len(labelled), chunk):
                part = labelled[start : start + chunk]
                writer.write([read for read, _ in part], [label for _, label in part])
        for (label, _), path in split_paths(f"{folder}/out/x", False, qualities).items():
            expected = [read for read, found in labelled if (found or "unscored") == label]
            assert text(path) == (fastq if qualities else fasta_lines)(expected)
            assert writer.counts[label] == len(expected)


def plain_pair_label(labels: tuple[str | None, str | None], rule: str) -> str:
    """Slow oracle: the table of the rule."""
    if labels == (None, None):
        return "unscored"
    if rule == "either":
        return "coding" if "coding" in labels else "non_coding"
    return "non_coding" if "non_coding" in labels else "coding"


@EXAMPLES
@given(
    st.lists(st.tuples(a_read(mate=1), LABELS, a_read(mate=2), LABELS), max_size=8),
    st.sampled_from(["either", "both"]),
    st.integers(1, 5),
)
def test_pairs_stay_together(
    pairs: list[tuple[Read, str | None, Read, str | None]], rule: str, chunk: int
) -> None:
    reads = [
        read._replace(name=f"{one.name}.")  # "/1" in both names would be the same mate twice
        for one, _, two, _ in pairs
        for read in (one, two)
    ]
    labels = [label for _, label1, _, label2 in pairs for label in (label1, label2)]
    with tempfile.TemporaryDirectory() as folder:
        with SplitWriter(f"{folder}/x", paired=True, rule=rule) as writer:
            for start in range(0, len(reads), chunk):  # chunks that cut pairs are fine
                writer.write(reads[start : start + chunk], labels[start : start + chunk])
        of_pairs = [plain_pair_label((pair[1], pair[3]), rule) for pair in pairs]
        for label in ("coding", "non_coding", "unscored"):
            paths = [Path(f"{folder}/x.{label}_R{mate}.fastq.gz") for mate in (1, 2)]
            expected = [
                read
                for number, of_pair in enumerate(of_pairs)
                if of_pair == label
                for read in reads[2 * number : 2 * number + 2]
            ]
            assert all_of(read_fastx(*paths)) == expected
            assert writer.counts[label] == len(expected)


def test_names_of_files(tmp_path: Path) -> None:
    with SplitWriter(tmp_path / "a", paired=True) as writer:
        writer.write(some_reads(1, 1) + some_reads(1, 2), ["coding", None])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"a.{label}_R{mate}.fastq.gz"
        for label in ("coding", "non_coding", "unscored")
        for mate in (1, 2)
    )
    assert set(tmp_path.iterdir()) == set(split_paths(tmp_path / "a", True, True).values())
    with SplitWriter(tmp_path / "b", paired=False) as writer:
        writer.write([Read("r", 0, "ACGT", None, " c")], ["coding"])
    assert text(tmp_path / "b.coding.fasta.gz") == b">r c\nACGT\n"
    with SplitWriter(tmp_path / "c", paired=False):
        pass  # no read at all
    assert text(tmp_path / "c.unscored.fastq.gz") == b""


def test_files_are_bgzip(tmp_path: Path) -> None:
    with SplitWriter(tmp_path / "a", paired=False) as writer:
        writer.write(some_reads(5000), ["coding"] * 5000)
    pysam.faidx(str(tmp_path / "a.coding.fastq.gz"), "--fastq")
    assert (tmp_path / "a.coding.fastq.gz.gzi").exists()


def test_an_error_leaves_nothing_and_keeps_the_older_files(tmp_path: Path) -> None:
    older = tmp_path / "a.coding.fastq.gz"
    older.write_bytes(b"older")

    def stop_halfway() -> None:
        with SplitWriter(tmp_path / "a", paired=False) as writer:
            writer.write(some_reads(3), ["coding", None, "non_coding"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_halfway()
    assert [path.name for path in tmp_path.iterdir()] == [older.name]
    assert older.read_bytes() == b"older"


@pytest.mark.parametrize(
    "reads",
    [some_reads(2, 0), some_reads(2, 1), some_reads(1, 2) + some_reads(1, 1), some_reads(1, 1)],
    ids=["unpaired", "mate 1 twice", "swapped", "odd"],
)
def test_reads_without_their_mate_are_refused(tmp_path: Path, reads: list[Read]) -> None:
    with (
        pytest.raises(InputError, match=r"read 'r0' \(mate \d\) is not followed by its mate"),
        SplitWriter(tmp_path / "a", paired=True) as writer,
    ):
        writer.write(reads, ["coding"] * len(reads))
    assert list(tmp_path.iterdir()) == []


def test_fastq_needs_qualities(tmp_path: Path) -> None:
    reads = [*some_reads(1), Read("bare", 0, "", None, ""), Read("none", 0, "AC", None, "")]
    with SplitWriter(tmp_path / "a", paired=False) as writer:
        writer.write(reads[:2], ["coding", "coding"])  # nothing is missing where there are no bases
    with (
        pytest.raises(InputError, match=r"read 'none' has no qualities, .* or remove them all"),
        SplitWriter(tmp_path / "b", paired=False) as writer,
    ):
        writer.write(reads, ["coding"] * 3)
    assert not list(tmp_path.glob("b.*"))
    with SplitWriter(tmp_path / "c", paired=False) as writer:
        writer.write(reads[1::-1], ["coding"] * 2)  # a first read without bases decides nothing
    assert text(tmp_path / "c.coding.fastq.gz") == fastq([reads[1]._replace(quality=""), reads[0]])


def test_fasta_if_the_first_read_has_no_qualities(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As the error says: once the qualities of all reads are removed, the split works."""
    reads = [read._replace(quality=None) for read in some_reads(2)] + some_reads(4)[2:]
    for n in (2, 4):
        assert caplog.text == ""
        with caplog.at_level(logging.WARNING), SplitWriter(tmp_path / "a", paired=False) as writer:
            writer.write(reads[:n], ["coding"] * n)
        assert text(tmp_path / "a.coding.fasta.gz") == fasta_lines(reads[:n])
    assert caplog.text.count("those of read 'r2' and of others after it are left out") == 1


def test_wrong_calls_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rule 'all'; expected one of either, both"):
        SplitWriter(tmp_path / "a", paired=True, rule="all")
    for labels, message in (
        (["Coding"], "label 'Coding'"),
        (["unscored"], "label 'unscored'"),
        ([], "shorter"),
    ):
        with (
            pytest.raises(ValueError, match=message),
            SplitWriter(tmp_path / "a", paired=False) as writer,
        ):
            writer.write(some_reads(1), labels)
    assert list(tmp_path.iterdir()) == []
