"""Ensembles over strands and shifts against the original, and windows in order."""

import numpy as np
import pytest
import torch

from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import build_model, load_model
from seqcast.predict.inference import grouped, predict, predict_coverage
from tests.seqcast.golden import relative_error, window_one_hot
from tests.seqcast.models.borzuki.test_network import TINY

ENSEMBLES = [  # folder, weights, hyperparameters, targets, golden file, rc, shifts (golden README)
    ("real_tiny", "data/model.h5", "data/params.json", "data/tiny_hg38/targets.txt",
     "golden/preds_rc.npz", True, (0,)),
    ("real_tiny", "data/model.h5", "data/params.json", "data/tiny_hg38/targets.txt",
     "golden/preds_rc_shifts.npz", True, (0, 1, -1)),
    ("real_tiny", "data/model.h5", "data/params.json", "data/tiny_hg38/targets.txt",
     "golden/preds_shifts.npz", False, (0, 3, -3)),
    ("reduced_hl_clip_like", "model0.h5", "params.json", "targets_human.txt",
     "model0_preds_rc_shifts.npz", True, (0, 2, -2)),
    ("reduced_hl_clip_like", "model1.h5", "params.json", "targets_mouse.txt",
     "model1_preds_rc_shifts.npz", True, (0, 2, -2)),
    ("reduced_hl_clip_micro_like", "model0.h5", "params.json", "targets_human.txt",
     "model0_preds_rc_shifts.npz", True, (0, 1)),
    ("reduced_hl_clip_micro_like", "model1.h5", "params.json", "targets_mouse.txt",
     "model1_preds_rc_shifts.npz", True, (0, 1)),
    ("reduced_crop_upsample", "model0.h5", "params.json", "targets_human.txt",
     "model0_preds_rc_shifts.npz", True, (-1, 0, 1)),
    ("reduced_crop_upsample", "model1.h5", "params.json", "targets_mouse.txt",
     "model1_preds_rc_shifts.npz", True, (-1, 0, 1)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "weights", "params", "targets", "golden", "rc", "shifts"), ENSEMBLES
)
def test_ensembles_equal_the_original(shared, folder, weights, params, targets, golden, rc, shifts):
    reference = shared / "reference/borzuki"
    fasta = reference / "real_tiny/data/hg38_1m.fa.gz"
    base = reference / folder
    model = load_model("borzuki", base / weights, base / params, device="cpu")
    tracks = Tracks.read(base / targets)
    expected = np.load(base / golden)
    for window, coverage in zip(expected["windows"], expected["preds"], strict=True):
        with torch.inference_mode():
            found = predict(
                model, torch.from_numpy(window_one_hot(fasta, window)), tracks, rc, shifts
            )
        assert relative_error(found[0].T.numpy()[expected["bins"]], coverage) < 1e-5


def test_full_size_strand_ensemble_equals_the_original(shared):
    base = shared / "reference/borzuki"
    model = load_model("borzuki", base / "hl_clip_micro_random/model0.h5",
                       base / "hl_clip_micro_random/params.json", device="cpu")  # fmt: skip
    expected = np.load(base / "hl_clip_micro_random/preds_rc.npz")
    tracks = Tracks.read(base / "arch/hl_clip_micro/targets_human.txt")
    x = window_one_hot(base / "real_tiny/data/hg38_1m.fa.gz", expected["windows"][0])
    with torch.inference_mode():
        found = predict(model, torch.from_numpy(x), tracks, reverse_complement=True)
    assert relative_error(found[0].T.numpy()[expected["bins"]], expected["preds"][0]) < 1e-5


@pytest.fixture
def small(tmp_path):
    torch.manual_seed(7)
    model = build_model("borzuki", TINY, "human").eval().requires_grad_(False)
    n = model.tracks
    tracks = Tracks(np.arange(n), np.array([f"t{i}" for i in range(n)]), np.full(n, ""),
                    np.full(n, "sum_sqrt"), np.full(n, "."), np.arange(n), np.full(n, 384.0),
                    np.full(n, 1.0))  # fmt: skip
    sequence = "".join(np.random.default_rng(7).choice(list("ACGT"), 5000))
    (tmp_path / "genome.fa").write_text(f">chr1\n{sequence}\n")
    return model, tracks, tmp_path / "genome.fa"


@pytest.mark.parametrize("workers", [0, 2])
def test_windows_come_in_order_whoever_prepares_them(small, workers):
    model, tracks, fasta = small
    windows = [("chr1", start) for start in (2000, -1000, 4500)]
    with Genome(fasta) as genome:
        found = list(predict_coverage(model, genome, windows, tracks, workers=workers))
        for coverage, (contig, start) in zip(found, windows, strict=True):
            x = window_one_hot(fasta, f"{contig}:{start}-{start + 2048}".encode())
            alone = predict(model, torch.from_numpy(x), tracks, reverse_complement=True)
            assert torch.allclose(coverage, alone[0], rtol=1e-6)
    assert [c.shape for c in found] == [(5, 64)] * 3


def test_model_and_modes_are_left_as_they_were(small):
    model, tracks, fasta = small
    model.train()
    with Genome(fasta) as genome:
        coverage = predict_coverage(model, genome, [("chr1", 0), ("chr1", 9)], tracks)
        next(coverage)
        assert not torch.is_inference_mode_enabled()  # between items the caller computes
        coverage.close()
    assert model.training


@pytest.mark.parametrize(("size", "groups"), [
    (1, [[1], [3], [2], [2]]), (4, [[1, 3], [2, 2]]), (6, [[1, 3, 2], [2]]), (99, [[1, 3, 2, 2]]),
])  # fmt: skip
def test_batches_keep_items_whole(size, groups):
    items = [(i, np.zeros(n)) for i, n in enumerate([1, 3, 2, 2])]
    assert [[len(a) for _, a in group] for group in grouped(items, size)] == groups


@pytest.mark.parametrize("batch_size", [2, 3])
def test_batches_change_no_number_beyond_rounding(small, batch_size):
    model, tracks, fasta = small
    windows = [("chr1", start) for start in (0, 100, 1000, 2500)]
    with Genome(fasta) as genome:
        alone = torch.stack(list(predict_coverage(model, genome, windows, tracks)))
        together = torch.stack(
            list(predict_coverage(model, genome, windows, tracks, batch_size=batch_size))
        )
    assert torch.allclose(alone, together, rtol=1e-5, atol=1e-7)
