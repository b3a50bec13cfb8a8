"""What training datasets are made of, and which take the published windows."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import ALONE, SET, write_files

FIELDS = ("bin_bp", "crop_bins", "windows", "stride_bp", "folds", "fixed", "unmappable")


def coverage_set(name, window_bp, assembly="hg38", **cells):
    """A row of coverage_sets.tsv."""
    return (name, assembly, "t.tsv", window_bp, *(cells.get(f, "") for f in FIELDS), "", "", "")


SETS = {
    "human": coverage_set("human", 393_216),
    "mouse": coverage_set("mouse", 393_216, "mm10"),
    "long": coverage_set("long", 524_288, "mm10", bin_bp=16, crop_bins=10_240),
    "told": coverage_set("told", 393_216, windows="made"),
    "dealt": coverage_set("dealt", 393_216, folds=4),
    "kept": coverage_set("kept", 393_216, fixed="chr8=test"),
    "shorter": coverage_set("shorter", 16_384),
    "cropped": coverage_set("cropped", 393_216, crop_bins=1024),
    "older": coverage_set("older", 393_216, "hg19"),
    "own": coverage_set("own", 393_216, windows="own.bed", folds=4),
}
PUBLISHED = {"human": "borzuki_windows_hg38", "mouse": "borzuki_windows_mm10",
             "long": "borzoi_windows_mm10", "own": "own.bed"}  # fmt: skip
ASSEMBLIES = [(name, "genome.fa", "genes.gtf", "") for name in ("hg38", "mm10", "hg19")]


def source(name):
    """A row of sources.tsv."""
    return (name, "1", f"https://a.org/{name}", f"windows/{name}.bed", "", "CC0-1.0", "Someone")


@pytest.fixture
def tables():
    names = [name for name in PUBLISHED.values() if name != "own.bed"]
    return {"assemblies": ASSEMBLIES, "sources": [source(name) for name in names],
            "coverage_sets": list(SETS.values())}  # fmt: skip


def test_which_sets_take_the_published_windows(planned, tables):
    found = planned(tables).coverage_sets
    assert {n: r.windows_file for n, r in found.rows.items() if r.windows_file} == PUBLISHED


def test_a_lost_source_is_told(planned, tables):
    with pytest.raises(InputError, match=r"human takes the published windows of its assembly, but "
                       r"sources.tsv has no borzuki_windows_hg38; copy that row"):  # fmt: skip
        planned(tables | {"sources": []})


def test_options_are_those_of_the_row_and_the_rest_is_by_default(planned, tmp_path):
    write_files(tmp_path)
    found = planned(ALONE, coverage_sets={"seed": 3}).coverage_sets
    assert found.options(Job(coverage_set="sim")) == {
        "bin_bp": 32, "crop_bins": 0, "stride_bp": 0, "folds": 3, "window_bp": 2048,
        "fixed": "chrS2=test", "compat": "", "interpolate": False, "seed": 3}  # fmt: skip
    assert (found.of_tracks, found.of_records) == (["sim", "second"], [])


def test_tracks_lie_beside_their_table(planned, tmp_path):
    (tmp_path / "own").mkdir()
    write_files(tmp_path / "own")
    own = (*SET[:2], "own/human.tsv", *SET[3:])
    found = planned(ALONE | {"coverage_sets": [own], "folds": [], "models": []}).coverage_sets
    with pytest.raises(InputError, match=r"own/human0.bw is not there; expected a file"):
        found.tracks(Job(coverage_set="sim"))
    for i in range(3):
        (tmp_path / f"own/human{i}.bw").touch()
    assert found.tracks(Job(coverage_set="sim")) == [f"own/human{i}.bw" for i in range(3)]


def test_a_published_data_set_is_its_folder(planned, tmp_path):
    (tmp_path / "set/tfrecords").mkdir(parents=True)
    for name in (
        "statistics.json",
        "sequences.bed",
        "tfrecords/fold0-1.tfr",
        "tfrecords/fold0-0.tfr",
    ):
        (tmp_path / "set" / name).write_text("chr1\t0\t2048\tfold0\n")
    found = planned(ALONE | {"coverage_sets": [(*SET[:12], "set", "")], "models": [], "folds": []})
    job = Job(coverage_set="sim")
    assert found.coverage_sets.of_records == ["sim"]
    assert found.coverage_sets.folder(job) == "set"
    assert found.coverage_sets.records(job) == [f"set/{name}" for name in (
        "statistics.json", "sequences.bed", "tfrecords/fold0-0.tfr", "tfrecords/fold0-1.tfr")]  # fmt: skip
