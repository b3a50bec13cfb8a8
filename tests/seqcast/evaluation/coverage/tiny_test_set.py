"""The ten real test sequences of the golden data: bases, measured coverage, predictions."""

from pathlib import Path

import numpy as np
import torch

from seqcast.datasets.coverage.tfrecords import read_tfrecords
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import load_model
from seqcast.predict.inference import predict


def tiny_windows(folder: Path) -> list[tuple[str, int]]:
    """Contig and first base of the output of each test window, in the order of the records."""
    lines = (folder / "tiny_hg38/sequences.bed").read_text().splitlines()
    return [(row[0], int(row[1])) for row in map(str.split, lines) if row[3] == "test"]


def tiny_predictions(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predictions forward and of both strands, and targets: (windows, tracks, bins) each."""
    model = load_model("borzuki", folder / "model.h5", folder / "params.json", device="cpu")
    tracks = Tracks.read(folder / "tiny_hg38/targets.txt")
    forward, both, targets = [], [], []
    with torch.inference_mode():
        for codes, measured in read_tfrecords(folder / "tiny_hg38", "test"):
            x = torch.from_numpy((codes == np.arange(4)[:, None]).astype(np.float32))[None]
            y = model(x)[:, tracks.channel]
            turned = model(x.flip(1, 2))[:, tracks.channel].flip(2)[:, tracks.pair]
            if not forward:
                assert torch.allclose((y + turned) / 2, predict(model, x, tracks, True))
            forward.append(y[0].numpy())
            both.append(((y + turned) / 2)[0].numpy())
            targets.append(measured)
    return np.array(forward), np.array(both), np.array(targets)
