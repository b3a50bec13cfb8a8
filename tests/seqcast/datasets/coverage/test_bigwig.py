"""Targets of bigWig windows are the original's to the bit, and bad tracks are named."""

import gc
import multiprocessing
import pickle
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pybigtools
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.bigwig import BigWig, targets_of_windows, window_targets
from seqcast.datasets.coverage.contig_blocks import merged_intervals
from seqcast.datasets.coverage.target_bins import COMPAT
from seqcast.datasets.coverage.transform import TargetTransform
from seqcast.genome.intervals import read_bed

# The options that made each golden file: README of the golden data, metrics/.
GOLDEN = {
    "sum_sqrt_c384": (TargetTransform("sum_sqrt", 0.3, 384, 384), {}),
    "sum_sqrt_c384_s2": (TargetTransform("sum_sqrt", 2.0, 384, 384), {}),
    "mean_c64": (TargetTransform("mean", 2.0, 64, 32), {}),
    "blacklist_crop": (TargetTransform("sum_sqrt", 1.0, 384, 64), {"crop_bp": 1024}),
    "interp": (TargetTransform("sum", 1.0, 1000), {"interpolate": True}),
    "old": (TargetTransform("sum_sqrt", 0.3, 384, 32, old=True), {}),
}
LENGTHS = {"chr1": 400, "chr2": 64}
# chr1 has data on [10, 60) in pieces, [100, 200) and near its end
RECORDS = [
    ("chr1", 10, 30, 1.5), ("chr1", 30, 31, 0.0), ("chr1", 31, 60, 7.25), ("chr1", 100, 200, 0.1),
    ("chr1", 390, 400, 3000.0), ("chr2", 0, 64, 2.0),
]  # fmt: skip


def write(path: Path, records=RECORDS, lengths=LENGTHS) -> Path:
    pybigtools.open(str(path), "w").write(lengths, iter(records))
    return path


@pytest.fixture
def track(tmp_path: Path) -> BigWig:
    return BigWig(write(tmp_path / "a.bw"))


def golden_targets(shared: Path, name: str, compat: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Ours, cut at the percentile as the original does, and the original's."""
    folder = shared / "reference/borzuki/metrics"
    transform, options = GOLDEN[name]
    windows = read_bed(folder / "synthetic_seqs.bed").rows()
    track = BigWig(folder / "synthetic.bw")
    masked = None
    if name.startswith("blacklist"):
        table = read_bed(folder / "synthetic_blacklist.bed")
        masked = merged_intervals(table, track.contigs, "blacklist")
    ours = list(
        targets_of_windows(track, windows, transform, 32, masked=masked, compat=compat, **options)
    )
    stacked = np.stack(ours)
    limit = np.float16(np.percentile(stacked.astype(float), 99.99999))
    with h5py.File(folder / f"bw_targets_{name}.h5") as file:
        return stacked.clip(-limit, limit), file["targets"][:]


@pytest.mark.parametrize("name", GOLDEN)
def test_equal_to_the_original(shared, name):
    ours, theirs = golden_targets(shared, name, COMPAT)
    assert ours.dtype == theirs.dtype == np.float16
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("name", sorted(set(GOLDEN) - {"blacklist_crop"}))
def test_the_default_differs_by_the_rounding_of_the_coverage_alone(shared, name):
    """Coverage in float16 is wrong by up to 2 ** -11 of itself, 3e-8 below 6e-5, a base."""
    ours, theirs = golden_targets(shared, name, None)
    np.testing.assert_allclose(ours.astype(float), theirs.astype(float), rtol=2**-9, atol=4e-6)


def test_values_have_nan_where_there_are_no_data(track):
    values = track.values("chr1", 28, 102)
    expected = np.array([1.5] * 2 + [0] + [7.25] * 29 + [np.nan] * 40 + [0.1] * 2, dtype=np.float32)
    assert values.dtype == np.float32
    assert np.array_equal(values, expected, equal_nan=True)


WINDOWS = st.lists(
    st.tuples(st.integers(0, 25), st.integers(1, 25), st.integers(0, 15)).map(
        lambda t: ("chr1", t[0] * 8 + t[2], t[0] * 8 + t[2] + t[1] * 6 + 6)
    )
    | st.just(("chr2", 3, 63)),
    max_size=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    windows=WINDOWS,
    block_bp=st.sampled_from([1, 50, 120, 1 << 20]),
    masked=st.sampled_from([None, {"chr1": [(0, 15), (120, 130)]}]),
    compat=st.sampled_from([None, COMPAT]),
    interpolate=st.booleans(),
)
def test_many_windows_are_as_each_alone(track, windows, block_bp, masked, compat, interpolate):
    transform = TargetTransform("sum_sqrt", 2.0, 50, 20)
    options = {"crop_bp": 3, "compat": compat, "interpolate": interpolate}
    fast = targets_of_windows(
        track, windows, transform, 6, masked=masked, block_bp=block_bp, **options
    )
    for window, targets in zip(windows, fast, strict=True):
        own = (masked or {}).get(window[0], ())
        alone = window_targets(track, *window, transform, 6, masked=own, **options)
        assert np.array_equal(targets, alone)


def test_windows_of_many_batches_come_in_order(track):
    rng = np.random.default_rng(1)
    windows = [("chr1", int(start), int(start) + 20) for start in rng.integers(0, 380, 700)]
    transform = TargetTransform("mean")
    fast = list(targets_of_windows(track, iter(windows), transform, 4))
    slow = [window_targets(track, *window, transform, 4) for window in windows]
    assert np.array_equal(np.stack(fast), np.stack(slow))


def test_memory_is_that_of_a_block(tmp_path):
    """Blocks go when their windows are done, without waiting for the garbage collector."""
    track = BigWig(write(tmp_path / "a.bw", [("chr1", 0, 9, 1.0)], {"chr1": 8_000_000}))
    windows = [("chr1", start, start + 100_000) for start in range(0, 8_000_000 - 100_000, 50_000)]
    gc.disable()
    tracemalloc.start()
    try:
        for _ in targets_of_windows(track, windows, TargetTransform("sum"), 50, block_bp=200_000):
            pass
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.enable()
    # two blocks of 200,000 bp at 20 bytes, and float16 targets of 158 windows; not 8 Mb of float32
    assert peak_bytes < 2 * 200_000 * 20 + len(windows) * 2_000 * 2 + 1_000_000


def test_a_whole_genome_passes_the_check(track):
    assert track.check(LENGTHS) == track.check({"chr2": 64}) == []


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ({"chr1": 401, "chr2": 64}, "400 bp of chr1, the genome has 401 bp.*same assembly"),
        ({"1": 400, "2": 64}, "no contig 1, 2; it has chr1, chr2.*contigs named"),
    ],
)
def test_tracks_of_another_genome_are_refused(track, lengths, message):
    with pytest.raises(InputError, match=message):
        track.check(lengths)


def test_a_contig_without_reads_can_count_as_zero(track):
    assert track.check({**LENGTHS, "chrY": 90}) == ["chrY"]
    for same in (track, pickle.loads(pickle.dumps(track))):
        assert same.contigs["chrY"] == 90
        assert window_targets(same, "chrY", 10, 90, TargetTransform("sum"), 40).tolist() == [0, 0]
        with pytest.raises(InputError, match="chrY:10-91 is not inside"):
            same.values("chrY", 10, 91)


@pytest.mark.parametrize(
    ("chrom", "start", "end"), [("chr1", 380, 401), ("chr1", -1, 9), ("chr3", 0, 8)]
)
def test_windows_outside_the_contigs_are_refused(track, chrom, start, end):
    with pytest.raises(InputError, match=rf"{chrom}:{start}-{end} is not inside .*a\.bw"):
        track.values(chrom, start, end)
    with pytest.raises(InputError, match="is not inside"):
        list(targets_of_windows(track, [(chrom, start, end)], TargetTransform("sum"), 1))


NEGATIVE = [("chr1", 5, 9, -2.0), ("chr1", 20, 30, 3.0)]


def test_negative_values_are_named(tmp_path):
    track = BigWig(write(tmp_path / "n.bw", NEGATIVE))
    with pytest.raises(InputError, match=r"values down to -2 .*column negative .*write flip"):
        track.check({"chr1": 400})
    with pytest.raises(InputError, match="2 below 0 at chr1:5 "):
        track.values("chr1", 0, 40)
    assert np.nanmin(track.values("chr1", 9, 40)) == 3


def test_negative_values_can_count_as_zero(tmp_path, caplog):
    track = BigWig(write(tmp_path / "n.bw", NEGATIVE), negative="zero")
    track.check({"chr1": 400})
    for _ in range(2):
        assert np.nansum(track.values("chr1", 0, 40)) == 30
    assert np.isnan(track.values("chr1", 0, 40)[0])
    assert caplog.text.count("count as 0") == 1


def test_a_minus_strand_can_be_turned(tmp_path):
    track = BigWig(write(tmp_path / "m.bw", NEGATIVE[:1]), negative="flip")
    track.check({"chr1": 400})
    assert track.values("chr1", 4, 6)[1] == 2
    mixed = BigWig(write(tmp_path / "n.bw", NEGATIVE), negative="flip")
    with pytest.raises(InputError, match="3 above 0 at chr1:20 "):
        mixed.values("chr1", 0, 40)


def test_infinite_values_are_refused_and_nan_is_no_data(tmp_path):
    records = [("chr1", 0, 8, float("nan")), ("chr1", 8, 9, 1.0), ("chr1", 9, 10, float("inf"))]
    track = BigWig(write(tmp_path / "i.bw", records))
    assert window_targets(track, "chr1", 0, 9, TargetTransform("sum"), 9).tolist() == [1]
    with pytest.raises(InputError, match="infinite value at chr1:9"):
        track.values("chr1", 0, 12)


def test_files_that_are_no_bigwig_are_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        BigWig(tmp_path / "none.bw")
    for content in (b"", b"chr1\t0\t5\t1\n" * 40):
        (tmp_path / "x.bw").write_bytes(content)
        with pytest.raises(InputError, match=r"begins with .*bedGraphToBigWig"):
            BigWig(tmp_path / "x.bw")
    with pytest.raises(
        InputError, match=r"x\.bw: negative 'abs'; expected one of error, zero, flip"
    ):
        BigWig(tmp_path / "x.bw", negative="abs")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_broken_files_are_named(tmp_path, share):
    rng = np.random.default_rng(2)
    records = [("chr1", i, i + 1, float(rng.random())) for i in range(200_000)]
    whole = write(tmp_path / "b.bw", records, {"chr1": 200_000}).read_bytes()
    (tmp_path / "b.bw").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"cannot be read .*whole bigWig"):
        BigWig(tmp_path / "b.bw").values("chr1", 0, 200_000)


def test_a_damaged_block_is_a_broken_file(tmp_path):
    rng = np.random.default_rng(2)
    records = [("chr1", i, i + 1, float(rng.random())) for i in range(20_000)]
    path = write(tmp_path / "b.bw", records, {"chr1": 20_000})
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"b.bw cannot be read .*whole bigWig"):
        BigWig(path).values("chr1", 0, 20_000)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_while_reading_passes(track, error):
    class Stopped:
        def values(self, *_: object, **__: object) -> None:
            raise error

    track._file = Stopped()
    with pytest.raises(error):
        track.values("chr1", 0, 10)


def _sum_of(track: BigWig) -> float:
    return float(np.nansum(track.values("chr1", 0, 400)))


def test_worker_processes_read_for_themselves(track):
    expected = _sum_of(track)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_sum_of, [track] * 6) == [expected] * 6
