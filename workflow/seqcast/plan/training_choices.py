"""Windows, network and recipe of a training that fit its genome, its base model and its device."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.target_windows import make_windows, parts_of_fold
from seqcast.genome.annotation import Gene
from seqcast.models.architectures import CoverageShape
from seqcast.plan.coverage_sets import PUBLISHED_WINDOWS

LENGTHS_BP = (393_216, 131_072, 65_536, 32_768, 16_384, 8_192, 4_096, 2_048)
# Number of partitions -> windows side by side that each needs; the first with room is taken.
PARTITIONS = {8: 16, 5: 8, 3: 3}
LEAST = min(PARTITIONS)
ENOUGH_WINDOWS = 24  # of a genome: with fewer, shorter ones are taken
GENES_A_WINDOW = 4  # spans of a long gene (the 90th percentile)
MANY_WINDOWS = 5_000  # side by side; fewer overlap by three quarters
# Length of chromosome 1 -> build with published windows (Genome Reference Consortium).
BUILDS = {248_956_422: "hg38", 195_471_971: "mm10"}
PUBLISHED = {"borzuki_windows_hg38": 27_420, "borzuki_windows_mm10": 24_171}  # windows
SMALL, LARGE = "borzuki_tiny", "borzuki_hl_clip_micro"  # networks, trained from nothing
RECIPES = {SMALL: "borzuki_tiny", LARGE: "borzuki_micro"}
LONGEST_BP = {SMALL: 65_536, LARGE: 393_216}
LARGE_GENOME_BP = 100_000_000
MOST_STEPS, FEWEST_STEPS, PASSES = 7_200, 400, 20  # of the small network
WARM_UP = 0.1  # fraction of a training, at most
ADAPTER = {"adapter": "houlsby", "adapter_latent": 8}


class Windows(NamedTuple):
    """Windows of a training dataset.

    Attributes
    ----------
    settings : dict
        File of settings; see coverage_settings.schema.yaml.
    table : DataFrame
        `target_windows.WINDOWS`, of contigs without their gaps.
    training : int
        Windows that fold 0 learns from.
    published : str
        Source of the published windows; "" where windows are made.
    """

    settings: dict[str, Any]
    table: pl.DataFrame
    training: int
    published: str = ""


def partitions_that_fit(lengths: Mapping[str, int], window_bp: int, crop_bp: int = 0) -> int:
    """Partitions that a genome is cut into, the most of `PARTITIONS`; 0 if it has no room."""
    for folds, fewest in PARTITIONS.items():
        try:
            made = make_windows(lengths, window_bp, folds, crop_bp=crop_bp)
        except InputError:
            continue
        if made["part"].value_counts()["count"].min() >= fewest:  # type: ignore[operator]
            return folds
    return 0


def longest_that_fits(lengths: Mapping[str, int]) -> int:
    """The longest of `LENGTHS_BP` of which a genome has enough windows; 0 if there is none."""
    return next((bp for bp in LENGTHS_BP if partitions_that_fit(lengths, bp)), 0)


def choose_length(
    lengths: Mapping[str, int], genes: Sequence[Gene], network: str, asked_bp: int | None
) -> int:
    """Length of windows of a network that is trained from nothing, in bp.

    Parameters
    ----------
    lengths : mapping of str to int
        bp of each contig.
    genes : sequence of Gene
    network : str
        `SMALL` or `LARGE`.
    asked_bp : int, optional
        By the user.

    Raises
    ------
    InputError
        If the genome has too few windows of the length that was asked for, or of any.
    """
    longest_bp = longest_that_fits(lengths)
    has = f"{len(lengths):,} contigs, the longest of {max(lengths.values(), default=0):,} bp"
    if not longest_bp:
        raise InputError(
            f"the genome has {has}; expected room for {LEAST * PARTITIONS[LEAST]} windows of "
            f"{LENGTHS_BP[-1]:,} bp, the shortest, in {LEAST} partitions. It is too short "
            "to train and test a model on; add genomes of relatives to the FASTA, or take a model "
            "that is trained."
        )
    if asked_bp and not partitions_that_fit(lengths, asked_bp):
        raise InputError(
            f"--window {asked_bp}: too long for {has}; expected {longest_bp:,} or less, the "
            f"longest of which {LEAST} partitions have {PARTITIONS[LEAST]} windows each"
        )
    if asked_bp:
        return asked_bp
    spans = [gene.end - gene.start for gene in genes]
    wanted_bp = GENES_A_WINDOW * float(np.quantile(spans, 0.9)) if spans else 0
    long_enough = [bp for bp in LENGTHS_BP if bp >= wanted_bp] or [LENGTHS_BP[0]]
    total_bp = sum(lengths.values())
    many_enough = [bp for bp in LENGTHS_BP if total_bp >= ENOUGH_WINDOWS * bp] or [LENGTHS_BP[-1]]
    return min(long_enough[-1], many_enough[0], longest_bp, LONGEST_BP[network])


def choose_windows(lengths: Mapping[str, int], shape: CoverageShape, build: str | None) -> Windows:
    """Windows of the shape of a network.

    Parameters
    ----------
    lengths : mapping of str to int
        bp of each contig.
    shape : CoverageShape
    build : str, optional
        Assembly of `BUILDS`, whose published windows a published model is fine-tuned on.

    Raises
    ------
    InputError
        If the genome has too few windows of that length.
    """
    window_bp, crop_bp = shape.window_length_bp, shape.crop_bins * shape.bin_size_bp
    folds = partitions_that_fit(lengths, window_bp - 2 * crop_bp, crop_bp)
    if not folds:
        raise InputError(
            f"the base model takes windows of {window_bp:,} bp, of which the genome has too few: "
            f"{len(lengths):,} contigs, the longest of {max(lengths.values(), default=0):,} bp; "
            f"expected {PARTITIONS[LEAST]} in each of {LEAST} partitions. Train from nothing "
            f"(without --from) with windows of {longest_that_fits(lengths):,} bp or less."
        )
    settings: dict[str, Any] = {"window_bp": window_bp, "bin_bp": shape.bin_size_bp,
                                "crop_bins": shape.crop_bins}  # fmt: skip
    targets_bp = window_bp - 2 * crop_bp
    apart = make_windows(lengths, targets_bp, folds, crop_bp=crop_bp)
    published = PUBLISHED_WINDOWS.get((build or "", window_bp, crop_bp), "")
    if published in PUBLISHED:
        return Windows(settings, apart, PUBLISHED[published] * 6 // 8, published)
    stride_bp = targets_bp if len(apart) >= MANY_WINDOWS else targets_bp // 4
    made = make_windows(lengths, targets_bp, folds, stride_bp=stride_bp, crop_bp=crop_bp)
    training = parts_of_fold(made["part"].unique(), "0")["train"]
    settings |= {"stride_bp": stride_bp, "folds": folds}
    return Windows(settings, made, made.filter(pl.col("part").is_in(training)).height)


def network_with(
    params: Mapping[str, Any], head: str, units: int, window_bp: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Hyperparameters of a network with one head, for other tracks.

    Parameters
    ----------
    params : mapping
        As a file of hyperparameters has them.
    head : str
        Which of their heads is kept.
    units : int
        Tracks that it predicts.
    window_bp : int, optional
        Length of windows, if another.
    more : mapping, optional
        Further keys of the section model.
    """
    model = {k: v for k, v in params["model"].items() if not k.startswith("head")}
    if window_bp:
        model["seq_length"] = window_bp
    model |= more or {}
    return {"model": {**model, f"head_{head}": {**params["model"][f"head_{head}"], "units": units}}}


def recipe_from(path: Path, training: int) -> tuple[dict[str, Any], int]:
    """Settings of a training, after those of the repository, and its steps.

    Parameters
    ----------
    path : Path
        Recipe of the repository.
    training : int
        Windows that are learned from.

    Returns
    -------
    recipe : dict
        Warm-up ends after a tenth of the training at most. A small network sees each window
        `PASSES` times, within limits.
    steps : int
        At most; a training may stop earlier.
    """
    recipe = json.loads(path.read_text(encoding="utf-8"))
    recipe["coverage"].pop("track_weights", None)  # of the demo's times
    an_epoch = max(1, training // recipe["batch_size"])
    if "steps" in recipe:
        steps = min(MOST_STEPS, max(FEWEST_STEPS, PASSES * an_epoch))
        recipe |= {"steps": steps, "evaluate_every": steps // 4, "seed": 0}
    else:
        steps = recipe["epochs"] * an_epoch
        warm_up = max(1, min(recipe["warmup_steps"], int(WARM_UP * steps)))
        recipe["warmup_steps"] = warm_up
    return recipe, steps
