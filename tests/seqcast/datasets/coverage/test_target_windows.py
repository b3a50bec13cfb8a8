"""Windows do not leak, cover what can be covered, and bad ones stop."""

import gzip
import logging
from pathlib import Path

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.target_windows import (
    WINDOWS,
    check_windows,
    make_windows,
    parts_of_fold,
    read_windows,
)
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import BED

LENGTHS = {"chr1": 10_000, "chr2": 6_000, "chr10": 90, "chr3": 4_000}


def frame(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=WINDOWS, orient="row")


def bed(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=BED, orient="row")


@pytest.mark.parametrize("crop_bp", [0, 60])
def test_parts_are_even_and_apart(crop_bp):
    windows = make_windows(LENGTHS, 100, 4, stride_bp=50, crop_bp=crop_bp, block_bp=1000)
    counts = windows["part"].value_counts()["count"]
    assert len(counts) == 4
    assert counts.max() - counts.min() <= 20  # a block has at most 19 windows
    check_windows(windows, LENGTHS, "made")
    grown = windows.with_columns(pl.col("start") - crop_bp, pl.col("end") + crop_bp)
    for chrom, start, end, part in grown.rows():  # plain: inputs of two parts share no base
        others = grown.filter(pl.col("chrom") == chrom, pl.col("part") != part)
        assert others.filter((pl.col("start") < end) & (pl.col("end") > start)).is_empty()
    assert set(windows["chrom"]) == {"chr1", "chr2", "chr3"}
    assert (windows["end"] - windows["start"] == 100).all()


def test_all_of_a_genome_is_used_without_crop():
    windows = make_windows(LENGTHS, 100, 4, block_bp=1000)
    assert windows.height == 200
    assert windows.select("chrom", "start").is_unique().all()
    assert windows["part"].unique(maintain_order=True).to_list() == [f"fold{i}" for i in range(4)]


def test_gaps_and_unmappable_sequence_are_left_out_and_counted(caplog):
    gaps = bed(("chr1", 0, 1030), ("chr1", 1010, 1040))
    unmappable = bed(("chr2", 0, 50), ("chr2", 100, 149), ("chr2", 5900, 6000), ("alt", 0, 9))
    with caplog.at_level(logging.INFO):
        windows = make_windows(LENGTHS, 100, 2, gaps=gaps, unmappable=unmappable, block_bp=10_000)
    starts = {chrom: set(windows.filter(chrom=chrom)["start"]) for chrom in LENGTHS}
    assert min(starts["chr1"]) == 1040  # windows begin anew behind a gap
    assert starts["chr2"] == set(range(100, 5900, 100))  # a share of 0.5 is too much, 0.49 is not
    assert "2 unmappable windows, 1 contigs shorter than a window" in caplog.text


def test_fixed_contigs_and_seed():
    windows = make_windows(LENGTHS, 100, 3, fixed={"chr2": "test"}, seed=1)
    assert set(windows.filter(chrom="chr2")["part"]) == {"test"}
    assert set(windows.filter(part="test")["chrom"]) == {"chr2"}
    assert windows["part"][-1] == "test"
    again = make_windows(LENGTHS, 100, 3, fixed={"chr2": "test"}, seed=1)
    assert windows.equals(again)
    assert not windows.equals(make_windows(LENGTHS, 100, 3, fixed={"chr2": "test"}, seed=2))
    roles = {"chr1": "train", "chr2": "valid", "chr3": "test", "chr10": "test"}
    assert set(make_windows(LENGTHS, 100, 0, fixed=roles)["part"]) == {"train", "valid", "test"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window_bp": 20_000}, "longer than every contig .chr1, the longest, has 10000 bp"),
        ({"window_bp": 0}, "window_bp is 0; expected 1"),
        ({"stride_bp": 0}, "stride_bp is 0; expected 1"),
        ({"crop_bp": -1}, "crop_bp is -1; expected 0"),
        ({"unmappable_share": 50}, "unmappable_share is 50; expected above 0 and at most 1"),
        ({"folds": 0}, "0 folds for 4 contigs"),
        (
            {"window_bp": 4000, "folds": 8},
            "part fold. has 0 windows; expected 1 or more. Take fewer",
        ),
        ({"fixed": {"chr9": "test"}}, "contig 'chr9' is to be in part 'test', but is not in the"),
        ({"fixed": {"chr3": "dev"}}, "part 'dev'; expected fold0, fold1, ... or train"),
        ({"fixed": {"chr3": "train"}}, "expected folds, perhaps with a fixed test"),
        ({"unmappable": bed(("chr3", 0, 5000))}, "ends at 5000 of 'chr3'"),
    ],
)
def test_options_that_cannot_be_met(options, message):
    with pytest.raises(InputError, match=message):
        make_windows(LENGTHS, **{"window_bp": 100, "folds": 2, **options})


def test_reads_the_published_file(shared: Path):
    windows = read_windows(shared / "reference/borzuki/real_tiny/data/tiny_hg38/sequences.bed")
    assert windows.row(0) == ("chrX", 132332645, 132398181, "train")  # its first line
    assert dict(windows["part"].value_counts().iter_rows()) == {
        "train": 45,
        "valid": 10,
        "test": 10,
    }
    check_windows(windows, dict.fromkeys(windows["chrom"], 250_000_000), "tiny", crop_bp=32768)


def test_reads_gzip_and_names_of_the_fasta(tmp_path: Path):
    path = tmp_path / "sequences.bed.gz"
    path.write_bytes(gzip.compress(b"# header\n1\t0\t8\tfold0\textra\nchr2\t4\t12\tfold1\n"))
    (tmp_path / "g.fa").write_text(">chr1\nACGTACGT\n>chr2\nACGTACGTACGT\n")
    (tmp_path / "names.tsv").write_text("contig\talias\nchr1\t1\n")
    genome = Genome(tmp_path / "g.fa", tmp_path / "names.tsv")
    assert read_windows(path)["chrom"].to_list() == ["1", "chr2"]
    assert read_windows(path, genome).rows() == [("chr1", 0, 8, "fold0"), ("chr2", 4, 12, "fold1")]
    with pytest.raises(InputError, match=r"windows on '1', which .* lacks; its contigs are chr1"):
        read_windows(path, Genome(tmp_path / "g.fa"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not readable as a tab-separated table .*expected contig, start"),
        ("chr1\t0\t8\n", "has 3 columns; expected contig, start, end and part"),
        ("chr1\t0\t8\tfold0\nchr1\t8\t8\tfold0\n", r"row 2: .*expected contig, start, end with"),
        ("chr1\tzero\t8\tfold0\n", "row 1: .*zero"),
        ("chr1\t0\t8\tfold0\nchr1\t8\t16\n", "row 2: .*a part"),
        ("chr1\t0\t8\tdev\n", "part 'dev'; expected fold0"),
        ("chr1\t0\t8\tfold0\nchr1\t8\t16\tvalid\n", "parts fold0, valid; expected folds, perhaps"),
    ],
)
def test_other_files_stop(tmp_path: Path, text, message):
    path = tmp_path / "sequences.bed"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_windows(path)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([], {}, "no windows"),
        ([("chr1", 0, 8, "fold0"), ("chr1", 8, 17, "fold1")], {}, "windows of 8 and of 9 bp"),
        ([("chr10", 0, 100, "fold0")], {}, "window of 100 bp on 'chr10', which has 90 bp"),
        ([("chr10", 50, 100, "fold0")], {}, "ends at 100 of 'chr10'"),
        ([("chr1", -8, 8, "fold0")], {}, "starts before its contig"),
        ([("chr9", 0, 8, "fold0")], {}, "'chr9', of which the genome has no bp"),
        ([("chr1", 0, 8, "fold0"), ("chr1", 8, 16, "fold2")], {}, "fold1 has 0 windows"),
        ([("chr1", 0, 8, "train"), ("chr1", 8, 16, "valid")], {"least": 2}, "train has 1 windows"),
        (
            [("chr2", 0, 8, "fold0"), ("chr1", 0, 8, "fold0"), ("chr1", 7, 15, "fold1")], {},
            r"chr1:0-8 \(fold0\) and chr1:7-15 \(fold1\) overlap",
        ),
    ],
)  # fmt: skip
def test_windows_that_leak_or_do_not_fit_stop(rows, options, message):
    with pytest.raises(InputError, match=message):
        check_windows(frame(*rows), LENGTHS, "sequences.bed", **options)


def test_inputs_that_overlap_are_told(caplog):
    windows = frame(("chr1", 100, 200, "fold0"), ("chr1", 250, 350, "fold1"))
    check_windows(windows, LENGTHS, "x", crop_bp=25)
    assert not caplog.text
    check_windows(windows, LENGTHS, "x", crop_bp=26)
    assert "inputs of chr1:100-200 (fold0) and chr1:250-350 (fold1) overlap" in caplog.text


def test_parts_of_a_fold():
    """Fold i tests, i + 1 validates: borzoi-paper ec33b15, data sets f0c0 ... of 8 folds."""
    eight = [f"fold{i}" for i in range(8)]
    found = parts_of_fold(eight, "f7c1")
    assert (found["test"], found["valid"]) == (["fold7"], ["fold0"])
    assert found["train"] == eight[1:7]
    for name in ("2", "f2", "f2c0"):
        assert parts_of_fold({*eight}, name)["valid"] == ["fold3"]
    assert parts_of_fold(["fold0", "fold1", "fold2", "test"], "4") == {
        "train": ["fold0", "fold2"], "valid": ["fold1"], "test": ["test"],
    }  # fmt: skip
    roles = {"train": ["train"], "valid": ["valid"], "test": ["test"]}
    assert parts_of_fold(["valid", "train", "test"], "5") == roles
    assert parts_of_fold(["valid", "train"], "0") == {**roles, "test": []}


@pytest.mark.parametrize(
    ("parts", "name", "message"),
    [
        (["fold0", "fold1", "fold2"], "3", "fold 3 of windows in parts fold0, fold1, fold2"),
        (["fold0", "fold1"], "0", "expected three folds or more"),
        (["fold0", "fold2", "fold3"], "0", "have fold3 but no fold1"),
        (["fold0", "fold1", "fold2"], "best", "fold 'best'; expected a number"),
        (["train", "test"], "0", "no part valid"),
        (["train", "valid", "dev"], "0", "part 'dev'"),
        (["train", "fold0"], "0", "expected folds, perhaps with a fixed test"),
    ],
)
def test_folds_that_are_not_there(parts, name, message):
    with pytest.raises(InputError, match=message):
        parts_of_fold(parts, name)
