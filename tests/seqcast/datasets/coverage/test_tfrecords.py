"""Data sets of the original arrive bit by bit."""

import hashlib
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.datasets.coverage import target_store_writing
from seqcast.datasets.coverage.target_store import CoverageStore
from seqcast.datasets.coverage.target_windows import read_windows
from seqcast.datasets.coverage.tfrecords import Statistics, convert_tfrecords, read_tfrecords
from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from tests.seqcast.datasets.coverage.tfrecord_writer import example, write_data_set, write_file

TINY = "reference/borzuki/real_tiny/data/tiny_hg38"
# First 16 digits of the SHA-256 of sequence (bytes) and target (float16, (tracks, bins)) of each
# test record, as tf.data.TFRecordDataset, parse_single_example and decode_raw of tensorflow-cpu
# 2.21.0 read them.
OF_TENSORFLOW = """
05dad6b911cc95fc ac128f5ae2629e69
a642fe8fb284b5e3 22175f30c9d25271
bca45ad86c1ce278 0df3b806d9c5ea22
8f21ef8d2f2379fb 098458fd5440225b
12d5c067263033a8 5d16a6b48edaa526
717d49ccdc671411 0cfe1b47d5b57190
0a24818a8fd67345 6c1b4cf47090bdf3
3bfd9c9dcf31270a 6c82d5ad811f1f4d
058e94a80e00e49a 6e26ade86e8a5433
7f8bd53456c6c266 f09bbb265e9ffa3f
"""

STARTS = {"fold1": [200, 8, 100], "fold0": [50, 300]}
BED = "".join(
    f"c\t{start}\t{start + 32}\t{part}\n"
    for part, start in [("fold1", 200), ("fold0", 50), ("fold1", 8), ("fold1", 100), ("fold0", 300)]
)
LETTERS = "".join(np.random.default_rng(5).choice(list("ACGTN"), 400))


def codes_at(start: int) -> np.ndarray:
    return np.array(["ACGTN".index(letter) for letter in LETTERS[start - 8 : start + 40]])


def targets_at(start: int) -> np.ndarray:
    """(bins, tracks), with numbers that only float16 bits tell apart."""
    rng = np.random.default_rng(start)
    return (rng.gamma(0.3, 5, (4, 3)) * [[0, 1, 1e-7]]).astype(np.float16)


def data_set(folder: Path, bed: str = BED, **changes: int) -> Path:
    rows = {part: [(codes_at(s), targets_at(s)) for s in starts] for part, starts in STARTS.items()}
    write_data_set(folder, rows, bed, **changes)
    return folder


def sha(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16]


def test_published_records_as_tensorflow_reads_them(shared: Path):
    found = [
        f"{sha(codes)} {sha(targets)}" for codes, targets in read_tfrecords(shared / TINY, "test")
    ]
    assert found == OF_TENSORFLOW.split("\n")[1:-1]


def test_published_set_as_a_store(shared: Path, tmp_path: Path):
    path = tmp_path / "tiny.zarr"
    convert_tfrecords(shared / TINY, path, "hg38", parts=["test"],
                      targets=shared / TINY / "targets_rna.txt")  # fmt: skip
    store = CoverageStore.open(path)
    assert (len(store), store.bin_size_bp, store.crop_bins) == (10, 32, 1024)
    assert store.window_length_bp == 131_072
    assert store.windows.row(0) == ("chr9", 68875912, 68941448, "test")  # line 56 of the BED
    columns = [int(index) for index in store.tracks["index"]]
    assert 0 < len(columns) < 74
    for i, (codes, targets) in enumerate(read_tfrecords(shared / TINY, "test")):
        assert np.array_equal(store.codes(i), codes)
        assert store.targets(i).tobytes() == targets[columns].tobytes()


def test_gene_targets_of_the_original_follow_from_the_records(shared: Path):
    """borzoi_test_genes at 5c93582, plain: bins of exons, untransformed, mean x length, log2."""
    tracks = Tracks.read(shared / TINY / "targets.txt")
    golden = shared / "reference/borzuki/metrics/gene_accuracy/golden"
    exons: dict[str, list[tuple[str, int, int, str]]] = {}
    for line in (golden / "genes.bed").read_text().splitlines():
        chrom, start, end, gene, _, strand = line.split("\t")
        exons.setdefault(gene, []).append((chrom, int(start), int(end), strand))
    windows = read_windows(shared / TINY / "sequences.bed").filter(part="test").rows()
    records = [targets for _, targets in read_tfrecords(shared / TINY, "test")]
    table = pl.read_csv(golden / "gene_targets.tsv", separator="\t")
    for gene, *expected in table.iter_rows():
        bins = [
            targets[:, max(0, round((low - start) / 32)) : max(0, round((high - start) / 32))]
            for (chrom, start, _, _), targets in zip(windows, records, strict=True)
            for contig, low, high, _ in exons[gene]
            if contig == chrom and low < start + 65_536 and high > start
        ]
        stored = torch.tensor(np.concatenate(bins, axis=1).astype(np.float32))
        own = tracks.of_gene_strand(exons[gene][0][3])
        mean = tracks.untransform(stored).mean(dim=1).numpy()[own]
        exon_bp = sum(high - low for _, low, high, _ in exons[gene])
        np.testing.assert_allclose(np.log2(1 + mean / 32 * exon_bp), expected, rtol=0, atol=1e-12)
    assert table.height == 69


def test_round_trip_with_a_writer(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(target_store_writing, "SHARD_WINDOWS", 2)
    folder = data_set(tmp_path / "set")
    (tmp_path / "g.fa").write_text(f">c\n{LETTERS}\n")
    convert_tfrecords(folder, tmp_path / "s.zarr", "toy", genome=Genome(tmp_path / "g.fa"))
    store = CoverageStore.open(tmp_path / "s.zarr")
    starts = [start for part in STARTS.values() for start in part]
    assert store.windows["start"].to_list() == starts
    for i, start in enumerate(starts):
        assert store.codes(i).tolist() == codes_at(start).tolist()
        assert store.targets(i).tobytes() == targets_at(start).T.tobytes()
    assert store.identifiers == ["x+", "x-", "y"]


def test_sequences_of_another_assembly(tmp_path: Path):
    folder = data_set(tmp_path / "set")
    (tmp_path / "g.fa").write_text(f">c\n{LETTERS[1:]}A\n")
    with pytest.raises(InputError, match=r"% of the bases at c:200-232 are not those of"):
        convert_tfrecords(folder, tmp_path / "s.zarr", "toy", genome=Genome(tmp_path / "g.fa"))
    assert not list(tmp_path.glob("*.zarr"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_targets": 4}, r"bytes of features .*'target': 24.*expected .*'target': 32"),
        (
            {"seq_length": 64},
            "target_length 4 of pool_width 8 and 2 x crop_bp 8 make 48, seq_length",
        ),
        ({"pool_width": 16}, "expected the same, the crop a number of whole bins"),
        ({"crop_bp": 4, "seq_length": 40}, "the crop a number of whole bins"),
        ({"seq_1hot": False}, "seq_1hot is not true"),
        ({"target_length": "four"}, "expected the statistics.json"),
        ({"fold1_seqs": 2}, "says 2 of part fold1, sequences.bed has 3"),
        ({"bed": BED.replace("c\t8\t40\tfold1\n", "")}, "fold1 has more records for 2 rows"),
        ({"bed": BED + "c\t340\t372\tfold0\n", "fold0_seqs": 3}, "fold0 has 2 records for 3 rows"),
        ({"bed": BED.replace("300\t332", "300\t333")}, "windows of 32 and of 33 bp"),
        ({"bed": BED.replace("c\t50\t82", "c\t31\t63")}, "overlap; expected windows of different"),
    ],
)
def test_files_that_do_not_belong_together(tmp_path: Path, changes, message):
    folder = data_set(tmp_path / "set", **changes)
    with pytest.raises(InputError, match=message):
        convert_tfrecords(folder, tmp_path / "s.zarr", "toy")


def test_missing_and_damaged_files(tmp_path: Path):
    folder = data_set(tmp_path / "set")
    files = folder / "tfrecords"
    with pytest.raises(InputError, match="has no part 'test'; its parts are fold1, fold0"):
        convert_tfrecords(folder, tmp_path / "s.zarr", "toy", parts=["test"])
    with pytest.raises(InputError, match=r"test-0.tfr does not exist"):
        next(read_tfrecords(folder, "test"))
    (folder / "targets.txt").write_text("\tidentifier\n3\tx\n")
    with pytest.raises(InputError, match="names track 3; expected 0 to 2"):
        convert_tfrecords(folder, tmp_path / "s.zarr", "toy")
    (folder / "targets.txt").write_text("\tidentifier\tnorm_factor\n0\tx\t1\n1\ty\t0.5\n")
    with pytest.raises(InputError, match=r"norm_factor 0\.5; expected none, as the targets of"):
        convert_tfrecords(folder, tmp_path / "s.zarr", "toy")
    data = (files / "fold1-0.tfr").read_bytes()
    (files / "fold1-0.tfr").write_bytes(data[:-5])
    with pytest.raises(InputError, match=r"fold1-0.tfr is cut off"):
        list(read_tfrecords(folder, "fold1"))
    (files / "fold1-0.tfr").unlink()
    with pytest.raises(InputError, match=r"fold1-0.tfr does not exist; expected all of part fold1"):
        list(read_tfrecords(folder, "fold1"))
    sequence = {"sequence": bytes([9] * 48), "target": bytes(24)}
    write_file(files / "fold0-0.tfr", [example(sequence)])
    with pytest.raises(InputError, match=r"fold0-0.tfr, record 0: base 9; expected 0 to 4"):
        list(read_tfrecords(folder, "fold0"))
    with pytest.raises(InputError, match=r"expected the statistics.json of a dataset"):
        next(read_tfrecords(tmp_path, "fold0"))


def test_statistics_of_the_published_set(shared: Path):
    path = shared / TINY / "statistics.json"
    statistics = Statistics.read(path)
    facts = json.loads(path.read_text())
    assert (statistics.tracks, statistics.geometry.bins) == (74, facts["target_length"])
    assert statistics.records == {"train": 45, "valid": 10, "test": 10}
