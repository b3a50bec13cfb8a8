"""What training datasets are made of, and which take the published windows."""

import json
import shutil
from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import ALONE, SET, write_files, write_windows

SETS = {  # name -> assembly, columns of the row, settings
    "human": ("hg38", {}, {"window_bp": 393_216}),
    "mouse": ("mm10", {}, {"window_bp": 393_216}),
    "long": ("mm10", {}, {"window_bp": 524_288, "bin_bp": 16, "crop_bins": 10_240}),
    "told": ("hg38", {"windows": "made"}, {"window_bp": 393_216}),
    "dealt": ("hg38", {}, {"window_bp": 393_216, "folds": 4}),
    "kept": ("hg38", {}, {"window_bp": 393_216, "fixed": {"chr8": "test"}}),
    "stepped": ("hg38", {}, {"window_bp": 393_216, "stride_bp": 196_608}),
    "masked": ("hg38", {"unmappable": "mask.bed"}, {"window_bp": 393_216}),
    "shorter": ("hg38", {}, {"window_bp": 16_384}),
    "cropped": ("hg38", {}, {"window_bp": 393_216, "crop_bins": 1024}),
    "older": ("hg19", {}, {"window_bp": 393_216}),
    "own": ("hg38", {"windows": "own.bed"}, {"window_bp": 393_216, "folds": 4}),
}
PUBLISHED = {"human": "borzuki_windows_hg38", "mouse": "borzuki_windows_mm10",
             "long": "borzoi_windows_mm10", "own": "own.bed"}  # fmt: skip
ASSEMBLIES = [(name, "genome.fa", "genes.gtf", "") for name in ("hg38", "mm10", "hg19")]


def source(name):
    """A row of sources.tsv."""
    return (name, "1", f"https://a.org/{name}", f"windows/{name}.bed", "", "CC0-1.0", "Someone")


@pytest.fixture
def tables(tmp_path):
    names = [name for name in PUBLISHED.values() if name != "own.bed"]
    rows = []
    for name, (assembly, cells, settings) in SETS.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(settings))
        rows.append(
            SET | cells | {"dataset": name, "assembly": assembly, "settings": f"{name}.json"}
        )
    return {"assemblies": ASSEMBLIES, "sources": [source(name) for name in names], "datasets": rows}


def test_which_sets_take_the_published_windows(planned, tables):
    found = planned(tables).coverage_sets
    assert {n: found.windows_file(n) for n in SETS if found.windows_file(n)} == PUBLISHED


def test_a_lost_source_is_told(planned, tables):
    with pytest.raises(InputError, match=r"human takes the published windows of its assembly, but "
                       r"sources.tsv has no borzuki_windows_hg38; copy that row"):  # fmt: skip
        planned(tables | {"sources": []})


@pytest.mark.parametrize("shape", ["borzuki", "borzoi"])
def test_shipped_settings_are_of_the_published_windows(planned, root, tmp_path, shape):
    shutil.copytree(root / "config/windows", tmp_path / "windows")
    row = SET | {"assembly": "hg38", "settings": f"windows/{shape}.json"}
    found = planned({"assemblies": ASSEMBLIES, "sources": [source(f"{shape}_windows_hg38")],
                     "datasets": [row]}).coverage_sets  # fmt: skip
    assert found.windows_file("sim") == f"{shape}_windows_hg38"


@pytest.mark.parametrize(("text", "message"), [
    ("{}", r"\$: 'window_bp' is a required property"),
    ('{"window_bp": 0}', r"\$.window_bp: 0 is less than the minimum of 1"),
    ('{"window_bp": 512, "fold": 8}', r"\$: Additional properties are not allowed \('fold' was unex"),
    ('{"window_bp": 512, "fixed": {"chr8": "held out"}}', r"\$.fixed.chr8: 'held out' does not match"),
    ('{"window_bp": 512, "compat": "hound"}', r"\$.compat: 'hound' is not one of"),
    ("[]", r"found \[\]; expected a JSON object: the settings of a training dataset"),
    (None, "no such file; expected the settings of a training dataset"),
])  # fmt: skip
def test_settings_that_do_not_fit_are_told(planned, tmp_path, text, message):
    if text:
        (tmp_path / "windows.json").write_text(text)
    with pytest.raises(
        InputError, match=rf"^datasets.tsv \(sim\), column settings: windows.json: {message}"
    ):
        planned({"assemblies": ASSEMBLIES, "datasets": [SET | {"assembly": "hg38"}]})


def test_a_whole_number_may_be_written_as_a_fraction(planned, tmp_path):
    (tmp_path / "windows.json").write_text('{"window_bp": 512.0}')
    tables = {"assemblies": ASSEMBLIES, "datasets": [SET | {"assembly": "hg38"}]}
    assert repr(planned(tables).coverage_sets.settings["sim"].window_bp) == "512"


def test_options_are_those_of_the_settings_and_the_rest_is_by_default(planned, tmp_path):
    write_files(tmp_path)
    found = planned(ALONE, coverage_sets={"seed": 3}).coverage_sets
    assert found.options(Job(coverage_set="sim")) == {
        "bin_bp": 32, "crop_bins": 0, "stride_bp": 0, "folds": 3, "window_bp": 2048,
        "fixed": "chrS2=test", "compat": "", "interpolate": False, "seed": 3}  # fmt: skip
    assert (found.of_tracks, found.of_records) == (["sim", "second"], [])


def test_tracks_lie_beside_their_table(planned, tmp_path):
    (tmp_path / "own").mkdir()
    write_files(tmp_path / "own")
    write_windows(tmp_path)
    own = SET | {"path": "own/human.tsv"}
    found = planned(ALONE | {"datasets": [own], "folds": [], "models": []}).coverage_sets
    with pytest.raises(InputError, match=r"own/human0.bw does not exist; expected a file"):
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
    write_windows(tmp_path)
    row = SET | {"tfrecords": "set"}
    found = planned(ALONE | {"datasets": [row], "models": [], "folds": []})
    job = Job(coverage_set="sim")
    assert found.coverage_sets.of_records == ["sim"]
    assert found.coverage_sets.folder(job) == "set"
    assert found.coverage_sets.records(job) == [f"set/{name}" for name in (
        "statistics.json", "sequences.bed", "tfrecords/fold0-0.tfr", "tfrecords/fold0-1.tfr")]  # fmt: skip
