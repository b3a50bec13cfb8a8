"""Windows, networks and recipes that are chosen for genomes of all sizes."""

import json

import numpy as np
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.target_scales import Clipped, clipped_bins, suggested_scale
from seqcast.datasets.coverage.track_comparison import largest_bins
from seqcast.genome.annotation import Gene
from seqcast.models.architectures import CoverageShape, coverage_shape
from seqcast.plan.training_choices import (
    ADAPTER,
    LARGE,
    SMALL,
    choose_length,
    choose_windows,
    longest_that_fits,
    network_with,
    recipe_from,
)

GENES = [Gene(f"g{i}", "", "c", "+", ((i * 1000, i * 1000 + 900),)) for i in range(10)]
BACTERIUM, PHAGE = {"c": 4_641_652}, {"c": 50_000}


def test_windows_suit_genes_and_genome():
    assert choose_length(BACTERIUM, GENES, SMALL, None) == 4096
    assert choose_length(PHAGE, GENES, SMALL, None) == 2048
    long = [Gene("g", "", "c", "+", ((0, 30_000),))]
    assert choose_length(BACTERIUM, long, SMALL, None) == 65_536
    assert choose_length({f"c{i}": 150_000_000 for i in range(3)}, long, LARGE, None) == 131_072
    assert choose_length(BACTERIUM, GENES, SMALL, 16_384) == 16_384


def test_the_longest_that_fits_is_told():
    assert longest_that_fits(PHAGE) == 4096
    with pytest.raises(InputError, match=r"--window 8192: too long .*; expected 4,096 or less"):
        choose_length(PHAGE, GENES, SMALL, 8192)
    contigs = {f"c{i}": 900 for i in range(300)}
    with pytest.raises(InputError, match="the genome has 300 contigs, the longest of 900 bp; exp"):
        choose_length(contigs, GENES, SMALL, None)
    shape = CoverageShape(393_216, 32, 0, {"human": 2})
    with pytest.raises(InputError, match=r"takes windows of 393,216 bp.* windows of 4,096 bp or"):
        choose_windows(PHAGE, shape, None)


def test_partitions_have_windows_and_a_fold_learns_from_the_others():
    made = choose_windows(BACTERIUM, CoverageShape(16_384, 32, 0, {"human": 2}), None)
    assert made.settings == {"window_bp": 16_384, "bin_bp": 32, "crop_bins": 0,
                             "stride_bp": 4096, "folds": 8}  # fmt: skip
    counts = made.table["part"].value_counts()
    assert len(counts) == 8
    assert made.training == sum(
        n for part, n in counts.iter_rows() if part not in ("fold0", "fold1")
    )
    assert choose_windows(PHAGE, CoverageShape(2048, 32, 0, {"human": 2}), None).training >= 15
    cropped = choose_windows(BACTERIUM, CoverageShape(16_384, 32, 64, {"human": 2}), None)
    assert (cropped.table["end"] - cropped.table["start"]).unique().to_list() == [12_288]


def test_published_windows_are_those_of_the_build_and_shape():
    lengths = {"chr1": 248_956_422}
    shape = CoverageShape(393_216, 32, 0, {"human": 2})
    assert choose_windows(lengths, shape, "hg38").published == "borzuki_windows_hg38"
    assert choose_windows(lengths, shape, None).published == ""
    assert "folds" not in choose_windows(lengths, shape, "hg38").settings


def test_a_network_has_one_head_of_the_tracks(root):
    params = json.loads((root / "config/hyperparameters/borzuki_hl_clip.json").read_text())
    shape = coverage_shape("borzuki", network_with(params, "human", 8, 65_536))
    assert (shape.window_length_bp, dict(shape.heads)) == (65_536, {"human": 8})
    assert network_with(params, "human", 8, more=ADAPTER)["model"]["adapter"] == "houlsby"


def test_warm_up_ends_within_the_training(root):
    recipe, steps = recipe_from(root / "config/training/borzuki_lora.json", 40)
    assert (steps, recipe["warmup_steps"]) == (1000, 100)
    recipe, steps = recipe_from(root / "config/training/borzuki_lora.json", 20_000)
    assert recipe["warmup_steps"] == 20_000
    for windows, expected in ((9, 400), (400, 2000), (90_000, 7200)):
        recipe, steps = recipe_from(root / "config/training/borzuki_tiny.json", windows)
        assert steps == recipe["steps"] == expected
        assert "track_weights" not in recipe["coverage"]


def test_the_scale_makes_the_median_gene_ten_a_bin():
    lengths_bp = np.array([320, 640, 3200, 100])
    sums = lengths_bp / 32 * np.array([40.0, 200.0, 1000.0, 0.0])
    assert suggested_scale(sums, lengths_bp, 32) == 0.05
    assert suggested_scale(np.zeros(4), lengths_bp, 32) is None


def test_bins_above_the_clip_are_counted():
    covered, largest = largest_bins(np.repeat([10.0, 1e7, 0.0], [9990, 10, 50]))
    assert (covered, largest.tolist()) == (10_000, [*[1e7] * 10, 10.0])
    assert clipped_bins(largest, covered, 1.0, 384) == Clipped(0.001, 384)
    covered, largest = largest_bins(np.full(100, 1e6))
    assert clipped_bins(largest, covered, 1.0, 384) == Clipped(0.01, 1024)
    assert clipped_bins(largest, covered, 0.1, 384) == Clipped(0.0, 384)
    assert clipped_bins(*largest_bins(np.zeros(3))[::-1], 1.0, 384) == Clipped(0.0, 384)
