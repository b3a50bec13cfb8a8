"""Coverage streams to one file, averages over folds, and reaches genome browsers unchanged."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pybigtools
import pytest
import zarr
from zarr.storage import ZipStore

from seqcast.core.errors import InputError
from seqcast.predict.coverage.coverage_files import (
    average_coverage,
    create_coverage_store,
    read_coverage,
    write_bigwigs,
)

BINS = 4  # of 8 bp
LENGTHS = {"chr1": 100, "chr2": 50, "chr10": 60}
# Unsorted; the second overlaps the first by half a bin, the third lies around the start of chr10,
# the last reaches beyond the end of chr2 by two bins and a half.
WINDOWS = pl.DataFrame(
    {
        "contig": ["chr1", "chr1", "chr10", "chr2"],
        "start": [36, 8, -12, 38],
        "end": [68, 40, 20, 70],
    }
)
TRACKS = pl.DataFrame(
    {
        "track": [0, 1, 2],
        "identifier": ["CNhs1+", "RNA 1/2", "RNA 1:2"],
        "description": ["CAGE:naïve T cell", None, "RNA"],
        "units": ["sum of coverage x 1"] * 3,
    }
)
VALUES = np.random.default_rng(0).gamma(1, 1, (4, 3, BINS)).astype(np.float32)


def write(path: Path, values: np.ndarray = VALUES, **changes: pl.DataFrame) -> Path:
    windows, tracks = changes.get("windows", WINDOWS), changes.get("tracks", TRACKS)
    with create_coverage_store(path, windows, tracks, BINS, {"fold": path.stem}) as append:
        for window in values:
            append(window)
    return path


def test_round_trip(tmp_path: Path) -> None:
    values = VALUES.copy()
    values[2] = 0  # chunks of zeros are stored too
    with read_coverage(write(tmp_path / "a.zarr", values)) as coverage:
        assert np.array_equal(coverage.values[:], values)
        assert np.asarray(coverage.values).tolist() == values.tolist()
        assert np.asarray(coverage.values, dtype=np.float64).dtype == np.float64
        assert len(coverage.values) == 4
        assert np.array_equal(np.asarray(coverage.values[1, 2]), values[1, 2])
        assert coverage.values.dtype == np.float32
        assert coverage.windows.equals(WINDOWS)
        assert coverage.tracks["identifier"].to_list() == ["CNhs1+", "RNA 1/2", "RNA 1:2"]
        assert coverage.tracks["description"].to_list() == ["CAGE:naïve T cell", "", "RNA"]
        assert coverage.provenance == {"fold": "a"}


def test_one_file_with_an_entry_a_window(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zarr")
    assert list(tmp_path.iterdir()) == [path]
    names = zipfile.ZipFile(path).namelist()
    assert len(names) == len(set(names))
    assert [name for name in names if name.startswith("coverage/c/")] == [
        f"coverage/c/{window}/0/0" for window in range(4)
    ]


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(write(tmp_path / "a.zarr")) as file:
        metadata = json.loads(file.read("coverage/zarr.json"))
        assert metadata["dimension_names"] == ["window", "track", "bin"]
        assert metadata["shape"] == [4, 3, 4]
        assert metadata["data_type"] == "float32"
        # the two data types that every implementation of zarr 3 knows for whole numbers and text
        assert json.loads(file.read("start/zarr.json"))["data_type"] == "int64"
        assert json.loads(file.read("contig/zarr.json"))["data_type"] == "string"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (VALUES[:3], "3 of 4 windows were written"),
        (np.concatenate([VALUES, VALUES[:1]]), "window 4 of shape"),
        (VALUES[:, :2], r"window 0 of shape \(2, 4\); the store is \(4, 3, 4\)"),
    ],
)
def test_what_is_not_whole_leaves_no_file(tmp_path: Path, values: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        write(tmp_path / "a.zarr", values)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("windows", "message"),
    [
        (WINDOWS.head(0), "no windows"),
        (WINDOWS.with_columns(end=pl.col("end") + 1), r"chr1:36-69 has 33 bp.*its 4 bins"),
        (WINDOWS.with_columns(end="start"), r"chr1:36-36 has 0 bp"),
    ],
)
def test_windows_without_whole_bins_are_refused(
    tmp_path: Path, windows: pl.DataFrame, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write(tmp_path / "a.zarr", windows=windows)


def no_file(path: Path) -> None:
    pass


def text(path: Path) -> None:
    path.write_text("not a zip")


def foreign_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a", "b")


def foreign_zarr(path: Path) -> None:
    with ZipStore(path, mode="w") as store:
        zarr.create_group(store)


@pytest.mark.parametrize("make", [no_file, text, foreign_zip, foreign_zarr])
def test_other_files_are_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "a.zarr")
    with (
        pytest.raises(InputError, match=r"a\.zarr cannot be opened"),
        read_coverage(tmp_path / "a.zarr"),
    ):
        pass


def test_average_is_the_mean_of_folds(tmp_path: Path) -> None:
    # 2**24 + 1 is no float32: the mean of 2**24, 1 and 1 is right only if summed in float64.
    folds = [np.full_like(VALUES, x) for x in (2.0**24, 1.0, 1.0)]
    paths = [write(tmp_path / f"fold{i}.zarr", fold) for i, fold in enumerate(folds)]
    average_coverage(paths, tmp_path / "mean.zarr", {"model": "tiny"})
    with read_coverage(tmp_path / "mean.zarr") as mean:
        assert np.all(np.asarray(mean.values[:]) == np.float32((2**24 + 2) / 3))
        assert mean.windows.equals(WINDOWS)
        assert mean.provenance == {
            "model": "tiny",
            "mean_of": [{"fold": "fold0"}, {"fold": "fold1"}, {"fold": "fold2"}],
        }


def test_folds_of_the_same_weights_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = {"model": "tiny", "tensors_sha256": "abc"}
    paths = [tmp_path / f"fold{i}.zarr" for i in range(2)]
    for i, path in enumerate(paths):
        with create_coverage_store(path, WINDOWS, TRACKS, BINS, {**made, "fold": str(i)}) as append:
            for window in VALUES:
                append(window)
    average_coverage(paths, tmp_path / "mean.zarr")
    with read_coverage(tmp_path / "mean.zarr") as mean:
        assert mean.provenance["same_weights"] == ["tiny, folds 0 and 1"]
    assert "tiny, folds 0 and 1 have the same weights" in caplog.text


def test_only_folds_of_the_same_things_are_averaged(tmp_path: Path) -> None:
    first = write(tmp_path / "a.zarr")
    moved = write(tmp_path / "b.zarr", windows=WINDOWS.with_columns(pl.col("start", "end") + 1))
    renamed = write(tmp_path / "c.zarr", tracks=TRACKS.with_columns(pl.col("identifier").reverse()))
    with pytest.raises(InputError, match=r"b\.zarr and .*a\.zarr differ in their windows;"):
        average_coverage([first, moved], tmp_path / "mean.zarr")
    with pytest.raises(InputError, match=r"differ in their tracks;"):
        average_coverage([first, renamed], tmp_path / "mean.zarr")
    with pytest.raises(InputError, match="no coverage files"):
        average_coverage([], tmp_path / "mean.zarr")
    assert not (tmp_path / "mean.zarr").exists()


def values_of(path: Path, contig: str) -> np.ndarray:
    with pybigtools.open(str(path)) as file:
        assert file.chroms() == LENGTHS
        return np.asarray(file.values(contig, 0, LENGTHS[contig], fillna=None))


def test_bigwigs_hold_each_base_once(tmp_path: Path) -> None:
    store = write(tmp_path / "a.zarr")
    paths = write_bigwigs(store, LENGTHS, tmp_path / "bigwig")
    assert [path.name for path in paths] == ["CNhs1+.bw", "RNA_1_2.track1.bw", "RNA_1_2.track2.bw"]
    assert sorted((tmp_path / "bigwig").iterdir()) == sorted(paths)
    for track, path in enumerate(paths):
        expected = {name: np.full(length, np.nan) for name, length in LENGTHS.items()}
        # Worked by hand from WINDOWS: the window that starts first keeps bases 36-40 of chr1.
        expected["chr1"][36:68] = np.repeat(VALUES[0, track], 8)
        expected["chr1"][8:40] = np.repeat(VALUES[1, track], 8)
        expected["chr10"][0:20] = np.repeat(VALUES[2, track], 8)[12:]
        expected["chr2"][38:50] = np.repeat(VALUES[3, track], 8)[:12]
        for contig in LENGTHS:
            found = values_of(path, contig)
            assert np.array_equal(found, expected[contig], equal_nan=True), (contig, track)


def test_a_window_within_another_adds_nothing(tmp_path: Path) -> None:
    windows = pl.DataFrame({"contig": ["chr1"] * 2, "start": [0, 8], "end": [64, 40]})
    store = write(tmp_path / "a.zarr", VALUES[:2], windows=windows)
    path = write_bigwigs(store, LENGTHS, tmp_path, ["CNhs1+"])[0]
    with pybigtools.open(str(path)) as file:
        assert file.chroms() == {"chr1": 100}
        found = file.values("chr1", 0, 100, fillna=None)
    assert np.array_equal(found[:64], np.repeat(VALUES[0, 0], 16))
    assert np.isnan(found[64:]).all()


def test_bigwigs_of_some_tracks(tmp_path: Path) -> None:
    paths = write_bigwigs(write(tmp_path / "a.zarr"), LENGTHS, tmp_path, ["RNA 1:2"])
    assert [path.name for path in paths] == ["RNA_1_2.track2.bw"]
    assert values_of(paths[0], "chr2")[38] == VALUES[3, 2, 0]


def test_bigwigs_name_what_does_not_fit(tmp_path: Path) -> None:
    store = write(tmp_path / "a.zarr")
    with pytest.raises(InputError, match=r"no tracks \['DNASE'\]; it has 3"):
        write_bigwigs(store, LENGTHS, tmp_path, ["DNASE"])
    with pytest.raises(InputError, match=r"contigs \['chr10'\] of the windows"):
        write_bigwigs(store, {"chr1": 100, "chr2": 50}, tmp_path)
    with pytest.raises(InputError, match=r"no window of .* lies on a contig"):
        write_bigwigs(store, dict.fromkeys(LENGTHS, 0), tmp_path)
    assert list(tmp_path.iterdir()) == [store]
