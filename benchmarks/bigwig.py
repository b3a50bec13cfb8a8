"""Windows per second from bigWig files to targets, next to a plain loop with pyBigWig.

    python -m benchmarks.bigwig [--length-bp 40000000] [--repeats 3] [--no-peer]

Two synthetic tracks: RNA-like, with data on 15 % of the bases in short runs of genes; and dense, a
value every 5 bp. Windows of 393,216 bp in bins of 32 bp, side by side or every half window, one
track after the other and the methods in turn, in one process with one thread.

- ours: `targets_of_windows`; alone: `window_targets` in a loop.
- loop: pyBigWig's values as numpy array, then float16, NaN to 0, and the bins; the least that such
  a loop does.
- original: what baskerville's hound_data_read.py does, that is, a percentile of each window too.

All give the same targets to the bit (checked; ours with compat there). pyBigWig is 0.3.29.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pybigtools

from seqcast.datasets.coverage.bigwig import BigWig, targets_of_windows, window_targets
from seqcast.datasets.coverage.transform import TargetTransform

WINDOW_BP, BIN_SIZE_BP = 393_216, 32
TRANSFORM = TargetTransform("sum_sqrt", 0.3, 384, 384)
COMPAT = "hound_data_read"
Windows = list[tuple[str, int, int]]


def rna_like(length_bp: int, rng: np.random.Generator) -> Iterator[tuple[str, int, int, float]]:
    """Exons of sixty short runs, and nothing between them."""
    place = 0
    while (place := place + int(rng.integers(200, 4_000))) < length_bp - 1_000:
        sizes = rng.integers(1, 12, 60).tolist()
        for size, value in zip(sizes, (rng.integers(1, 400, 60) / 4).tolist(), strict=True):
            yield "chr1", place, place + size, value
            place += size


def dense(length_bp: int, rng: np.random.Generator) -> Iterator[tuple[str, int, int, float]]:
    """A value every 5 bp."""
    for start in range(0, length_bp - 5, 5):
        yield "chr1", start, start + 5, float(rng.random())


def plain_loop(path: Path, windows: Windows, percentile: bool) -> list[np.ndarray]:
    """The loop over windows that pyBigWig's users write."""
    import pyBigWig

    targets = []
    with pyBigWig.open(str(path)) as file:
        for chrom, start, end in windows:
            x = file.values(chrom, start, end, numpy=True).astype("float16").astype("float32")
            baseline = np.nan_to_num(np.percentile(x, 50)) if percentile else 0
            x[np.isnan(x)] = baseline
            bins = (TRANSFORM.scale * x).reshape(-1, BIN_SIZE_BP).sum(axis=1, dtype="float32")
            targets.append((np.sqrt(1 + bins) - 1).clip(-384, 384).astype("float16"))
    return targets


def methods(path: Path, windows: Windows, peer: bool) -> dict[str, Callable[[], list[np.ndarray]]]:
    """Name -> what computes the targets of all windows; the file is opened by each."""
    setting = (TRANSFORM, BIN_SIZE_BP)
    found: dict[str, Callable[[], list[np.ndarray]]] = {
        "ours": lambda: list(targets_of_windows(BigWig(path), windows, *setting)),
        "ours, compat": lambda: list(
            targets_of_windows(BigWig(path), windows, *setting, compat=COMPAT)
        ),
        "alone": lambda: alone(BigWig(path), windows),
    }
    if peer:
        found["loop"] = lambda: plain_loop(path, windows, percentile=False)
        found["original"] = lambda: plain_loop(path, windows, percentile=True)
    return found


def alone(track: BigWig, windows: Windows) -> list[np.ndarray]:
    """Each window by itself."""
    return [window_targets(track, *window, TRANSFORM, BIN_SIZE_BP) for window in windows]


def windows_per_s(
    runs: dict[str, Callable[[], list[np.ndarray]]], windows: int, repeats: int
) -> dict[str, float]:
    """Best of the repeats, in windows per CPU second; targets must agree."""
    best, targets = dict.fromkeys(runs, 0.0), {}
    for _ in range(repeats):
        for name, run in runs.items():
            cpu = time.process_time()
            targets[name] = run()
            best[name] = max(best[name], windows / (time.process_time() - cpu))
    for name, same in (("alone", "ours"), ("loop", "ours, compat"), ("original", "ours, compat")):
        if name in targets:
            assert np.array_equal(targets[name], targets[same]), name
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--length-bp", type=int, default=40_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-peer", action="store_true", help="without pyBigWig")
    arguments = parser.parse_args()
    length_bp = arguments.length_bp
    with tempfile.TemporaryDirectory() as folder:
        for kind in (rna_like, dense):
            path = Path(folder) / f"{kind.__name__}.bw"
            records = kind(length_bp, np.random.default_rng(1))
            pybigtools.open(str(path), "w").write({"chr1": length_bp}, records)
            for step, layout in ((WINDOW_BP, "side by side"), (WINDOW_BP // 2, "every half")):
                starts = range(0, length_bp - WINDOW_BP, step)
                windows = [("chr1", start, start + WINDOW_BP) for start in starts]
                runs = methods(path, windows, not arguments.no_peer)
                speed = windows_per_s(runs, len(windows), arguments.repeats)
                cells = "  ".join(f"{name} {value:.0f}" for name, value in speed.items())
                print(f"{kind.__name__}, {layout}, windows/CPU-s: {cells}", flush=True)


if __name__ == "__main__":
    main()
