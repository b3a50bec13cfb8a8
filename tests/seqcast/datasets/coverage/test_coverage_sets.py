"""From bigWig files to a store: what tracks and the blacklist leave out is said, or stops."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pybigtools
import pytest

from seqcast.core.errors import InputError
from seqcast.core.job_files import named_files
from seqcast.datasets.coverage.coverage_sets import (
    SetFiles,
    WindowFiles,
    prepare_windows,
    store_targets,
    transform_of,
    write_digest,
)
from seqcast.datasets.coverage.target_store import CoverageStore

LENGTHS = {"chr1": 600, "chr2": 200, "chrM": 50}
OPTIONS = {"window_bp": 80, "bin_bp": 10, "crop_bins": 0}
HEADER = (
    "\tidentifier\tfile\tclip\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\tnegative\n"
)


def write_bigwig(path: Path, lengths: dict[str, int], value: float) -> None:
    """One value everywhere, and ten times as much in bases 100 to 120."""
    records = []
    for chrom, length_bp in lengths.items():
        records += [(chrom, 0, 100, value), (chrom, 100, 120, 10 * value),
                    (chrom, 120, length_bp, value)]  # fmt: skip
    pybigtools.open(str(path), "w").write(lengths, iter(records))


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    letters = np.random.default_rng(0).choice(list("ACGT"), 600)
    lines = [f">{name}\n{''.join(letters[:length])}\n" for name, length in LENGTHS.items()]
    (tmp_path / "genome.fa").write_text("".join(lines))
    rows = [("chr1", i * 80, i * 80 + 80, f"fold{i % 2}") for i in range(7)]
    rows += [("chr2", i * 80, i * 80 + 80, f"fold{i % 2}") for i in range(2)]
    windows = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    (tmp_path / "windows.bed").write_text(windows)
    (tmp_path / "aliases.tsv").write_text("contig\talias\nchr1\t1\nchr2\t2\n")
    write_bigwig(tmp_path / "a.bw", {"chr1": 600, "chr2": 200}, 2.0)
    write_targets(tmp_path)
    names = {"genome": "genome.fa", "windows": "windows.bed", "targets": "targets.tsv"}
    return SimpleNamespace(**{kind: tmp_path / name for kind, name in names.items()})


def write_targets(folder: Path, negative: str = "") -> None:
    row = f"0\ta\ta.bw\t\t\t1\tmean\t0\ta track\t{negative}\n"
    (folder / "targets.tsv").write_text(HEADER + row)


def made(files: SimpleNamespace) -> CoverageStore:
    output = files.genome.parent / "set.zarr"
    store_targets(named_files(SetFiles, vars(files)), output, "toy", OPTIONS, {}, threads=1)
    return CoverageStore.open(output)


def blacklist(files: SimpleNamespace, *lines: str) -> None:
    files.blacklist = files.genome.parent / "blacklist.bed"
    files.blacklist.write_text("".join(f"{line}\n" for line in lines))


def test_a_digest_says_what_a_store_holds(files, tmp_path):
    digests = []
    for text in ["", "chr1\t100\t120\n", ""]:
        files.blacklist = files.genome.parent / "blacklist.bed"
        files.blacklist.write_text(text or "chr1\t0\t1\n")
        write_digest(made(files).path, tmp_path / "digest")
        digests.append((tmp_path / "digest").read_text())
    assert digests[0] == digests[2] != digests[1]


def test_coverage_of_the_windows(files, caplog):
    store = made(files)
    # chr1:80-160 in bins of 10 bp; bases 100 to 120 have ten times as much
    assert store.targets(1)[0].tolist() == [2, 2, 20, 20, 2, 2, 2, 2]
    assert store.targets(7)[0].tolist() == [2] * 8
    assert "lacks" not in caplog.text


@pytest.mark.parametrize("name", ["chr1", "1"])
def test_a_blacklist_masks_under_any_name_of_a_contig(files, name, caplog):
    blacklist(files, f"{name}\t100\t120", "scaffold9\t0\t10")
    files.aliases = files.genome.parent / "aliases.tsv"
    store = made(files)
    assert store.targets(1)[0].tolist() == [2] * 8  # held at the window's median
    assert store.targets(8)[0].tolist() == [2, 2, 20, 20, 2, 2, 2, 2]  # chr2
    assert "1 of 2 intervals are on contigs that the genome lacks" in caplog.text
    assert "scaffold9" in caplog.text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1\t100\t120", r"none of the 1 intervals of .*blacklist\.bed is on a contig"),
        ("chr1\t100\t601", r"blacklist\.bed has an interval that ends at 601 of 'chr1'"),
    ],
)
def test_a_blacklist_of_another_genome_is_refused(files, line, message):
    blacklist(files, line)
    with pytest.raises(InputError, match=message):
        made(files)


def test_unmappable_sequence_has_any_name_of_a_contig(files, tmp_path):
    del files.windows, files.targets
    files.unmappable = tmp_path / "unmappable.bed"
    files.unmappable.write_text("2\t0\t200\n")
    options = {**OPTIONS, "stride_bp": 0, "folds": 2, "fixed": "", "seed": 1}
    files.aliases = tmp_path / "aliases.tsv"
    prepare_windows(named_files(WindowFiles, vars(files)), tmp_path / "made.bed", options)
    made_windows = (tmp_path / "made.bed").read_text().splitlines()
    assert {line.split("\t")[0] for line in made_windows} == {"chr1"}


def test_contigs_that_a_track_lacks_are_told(files, caplog):
    write_bigwig(files.genome.parent / "a.bw", {"chr1": 600}, 2.0)
    store = made(files)
    assert not store.targets(7).any()
    assert (
        "a.bw) lacks 1 of 2 contigs that have windows (chr2); its coverage counts as 0 there, in 22%"
        in caplog.text
    )


def test_a_track_that_lacks_most_of_the_windows_is_refused(files):
    write_bigwig(files.genome.parent / "a.bw", {"chr2": 200}, 2.0)
    with pytest.raises(InputError, match=r"a\.bw\) lacks 1 of 2 contigs that have windows .* 78%"):
        made(files)


def test_a_minus_strand_stored_as_negative_numbers(files):
    write_bigwig(files.genome.parent / "a.bw", {"chr1": 600, "chr2": 200}, -2.0)
    with pytest.raises(InputError, match=r"column negative of the targets table write flip"):
        made(files)
    write_targets(files.genome.parent, "flip")
    assert made(files).targets(1)[0].tolist() == [2, 2, 20, 20, 2, 2, 2, 2]
    write_targets(files.genome.parent, "minus")
    with pytest.raises(InputError, match=r"a\.bw: negative 'minus'; expected one of error, zero"):
        made(files)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"scale": "0"}, "scale 0.0; expected a finite number above 0"),
        ({"norm_factor": "1x"}, "could not convert string to float: '1x'; .* scale, norm_factor"),
        ({"clip": "inf"}, "clip inf; expected a finite number above 0"),
        ({"clip_soft": "x"}, "could not convert string to float: 'x'"),
        ({"clip": "32", "clip_soft": "384"}, "clip 32.0 is below clip_soft 384.0"),
    ],
)
def test_an_impossible_transform_names_table_and_track(cells, message):
    row = {"identifier": "liver+", "sum_stat": "sum_sqrt", "scale": "1"} | cells
    with pytest.raises(InputError, match=rf"^targets\.tsv: liver\+: {message}"):
        transform_of(row, "targets.tsv")


def test_the_factor_of_a_library_multiplies_coverage():
    row = {"identifier": "liver+", "sum_stat": "sum", "scale": "0.3", "norm_factor": "2.5"}
    assert transform_of(row, "targets.tsv").scale == pytest.approx(0.75)
    assert transform_of(row | {"norm_factor": ""}, "targets.tsv").scale == 0.3


def test_transforms_of_the_published_tables(shared):
    tables = sorted((shared / "reference/borzuki/arch").glob("*/targets_*.txt"))
    assert tables
    for table in tables:
        for row in pl.read_csv(table, separator="\t", infer_schema=False).iter_rows(named=True):
            assert transform_of(row, table).scale == float(row["scale"])
