"""Compare predicted with measured coverage in the windows of a set that a fold is tested on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.core.progress import progress
from seqcast.core.store import write_table, write_tsv
from seqcast.datasets.coverage.contig_blocks import first_overlap
from seqcast.datasets.coverage.target_store import CoverageStore
from seqcast.datasets.coverage.target_windows import parts_of_fold
from seqcast.evaluation.coverage.bins import BinAccuracy
from seqcast.evaluation.coverage.gene_accuracy import GeneCollector, GeneOptions
from seqcast.evaluation.coverage.gene_matrices import OF_PLUS_TRACK, TOLD
from seqcast.genome.annotation import read_annotation
from seqcast.genome.sequence import one_hot_of_codes
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel, evaluating
from seqcast.predict.fold_model import FoldFiles, open_model
from seqcast.predict.inference import check_fit, geometry_of, predict_batch

VALID, CONSTANT = "valid", "constant"
GENE_COLUMNS = {  # of GeneAccuracy.tracks -> of the table of tracks
    "pearsonr": "gene_pearsonr", "pearsonr_density": "gene_density_pearsonr",
    "pearsonr_length": "gene_length_pearsonr", "pearsonr_rolled": "gene_rolled_pearsonr",
    "r2": "gene_r2", "pearsonr_norm": "gene_pearsonr_norm", "r2_norm": "gene_r2_norm",
    "pearsonr_gene": "within_gene_pearsonr", "genes": "genes", "status": "gene_status",
}  # fmt: skip


@dataclass(frozen=True)
class AccuracyOptions:
    """How a model is tested; a section of the config file has these and more.

    Attributes
    ----------
    compat : str or None
        "borzuki": genes as borzoi_test_genes.py has them, see `GeneOptions.compat`.
    reverse_complement, shifts_bp : bool, tuple of int
        See `seqcast.predict.inference.predict`.
    span, unclip : bool
        See `GeneOptions`.
    """

    compat: str | None = None
    reverse_complement: bool = True
    shifts_bp: tuple[int, ...] = (0,)
    span: bool = False
    unclip: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "AccuracyOptions":
        """Those of a section of the config file, whose further keys are of other jobs."""
        wanted = {name: options[name] for name in cls.__dataclass_fields__ if name in options}
        if "shifts_bp" in wanted:
            wanted["shifts_bp"] = tuple(wanted["shifts_bp"])
        return cls(**wanted)

    @property
    def genes(self) -> GeneOptions:
        """What of it is about genes."""
        return GeneOptions(self.span, self.unclip, compat=self.compat is not None)


class EvaluationFiles(NamedTuple):
    """What a fold is tested with.

    Attributes
    ----------
    weights, hyperparameters, tracks : path
        Of the fold (`FoldFiles`).
    store : path
        The training dataset.
    annotation : path
        Its genes.
    learned : tuple of path
        Sets that the fold was trained with; empty where it was not trained here.
    """

    weights: str | Path
    hyperparameters: str | Path
    tracks: str | Path
    store: str | Path
    annotation: str | Path
    learned: tuple[str | Path, ...] = ()


class AccuracyFiles(NamedTuple):
    """What a test of a fold writes.

    Attributes
    ----------
    tracks : path
        TSV of `track_table`.
    genes : path
        TSV of `GeneAccuracy.genes`, one row per gene of the annotation.
    gene_preds, gene_targets : path
        Parquet of `GeneMatrix.table`.
    """

    tracks: str | Path
    genes: str | Path
    gene_preds: str | Path
    gene_targets: str | Path


def evaluate_coverage(
    files: EvaluationFiles, outputs: AccuracyFiles, facts: Mapping[str, Any], head: str | None,
    options: Mapping[str, Any], inference: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Write how well a fold of a model predicts the windows that it is tested on.

    Parameters
    ----------
    files : EvaluationFiles
    outputs : AccuracyFiles
    facts : mapping
        Provenance; ``architecture`` names the class of networks, ``fold`` the test windows (see
        `parts_of_fold`).
    options : mapping
        With the fields of `AccuracyOptions`.

    Raises
    ------
    InputError
        If the model, its tracks or the set do not fit each other, the fold has no test windows or
        learned from one, a prediction is not finite, or too few genes lie in the windows.
    """
    wanted = AccuracyOptions.of(options)
    fold = tested_fold(files, facts, head, wanted, inference, threads)
    tracks = fold.tracks
    genes = GeneCollector(
        read_annotation(files.annotation), tracks, fold.store.bin_size_bp, wanted.genes
    )
    bins = BinAccuracy()
    for chrom, start, guess, truth in fold.compared():
        bins.update(guess[None], torch.from_numpy(truth)[None])
        genes.add(chrom, start, guess.numpy(), truth)
    found = genes.result()
    about = {**fold.made, **facts, "set_digest": fold.store.digest, "options": dict(options)}
    write_tsv(track_table(tracks, bins, found.tracks(), len(fold.windows)), outputs.tracks)
    write_tsv(found.genes, outputs.genes)
    write_table(found.predictions.table(), outputs.gene_preds, about)
    write_table(found.targets.table(), outputs.gene_targets, about)


@dataclass(frozen=True)
class TestedFold:
    """A fold of a model, and the windows that it is tested on.

    Attributes
    ----------
    model : CoverageModel
    tracks : Tracks
    made : dict
        What the weights were made from.
    store : CoverageStore
    windows : ndarray of int
        Numbers of the windows.
    options : AccuracyOptions
    batch_size : int
    """

    model: CoverageModel
    tracks: Tracks
    made: dict[str, Any]
    store: CoverageStore
    windows: np.ndarray
    options: AccuracyOptions
    batch_size: int

    def compared(self) -> Iterator[tuple[str, int, Tensor, np.ndarray]]:
        """Contig, start, predictions and targets (tracks, bins) of each window, as trained.

        Raises
        ------
        InputError
            If a prediction is not finite.
        """
        rows = rows_of_tracks(self.tracks, self.store)
        predicted = _predictions(
            self.model, self.store, self.windows, self.tracks, self.options, self.batch_size
        )
        shown = progress(len(self.windows), "window")(predicted)
        for i, guess in zip(self.windows, shown, strict=True):
            chrom, start, _, _ = self.store.windows.row(int(i))
            if not torch.isfinite(guess).all():
                raise InputError(
                    f"the model predicts NaN or infinity in the window {chrom}:{start}; check the "
                    "weights, and that they belong to these hyperparameters"
                )
            yield chrom, start, guess, self.store.targets(int(i))[rows]


def tested_fold(
    files: EvaluationFiles, facts: Mapping[str, Any], head: str | None, options: AccuracyOptions,
    inference: Mapping[str, Any], threads: int,
) -> TestedFold:  # fmt: skip
    """Open a fold and its test windows; see `evaluate_coverage`.

    Raises
    ------
    InputError
        If the model, its tracks or the set do not fit each other, or the fold has no test windows
        or learned from one.
    """
    fold = FoldFiles(files.weights, files.hyperparameters, files.tracks)
    model, tracks, made = open_model(fold, facts["architecture"], head, inference, threads)
    check_fit(model, tracks)
    store = CoverageStore.open(files.store)
    if store.geometry != geometry_of(model):
        raise InputError(
            f"{files.store} is of {store.geometry}, the model of {geometry_of(model)}; expected "
            "the same. Make a training dataset with the windows, bins and crop of this model."
        )
    rows_of_tracks(tracks, store)
    windows = windows_of_test(store, facts["fold"])
    check_unseen(store, windows, files.learned, facts["fold"])
    return TestedFold(model, tracks, made, store, windows, options, inference["batch_size"])


def windows_of_test(store: CoverageStore, fold: str) -> np.ndarray:
    """Numbers of the windows that a fold is tested on; all, where all are of part test.

    Raises
    ------
    InputError
        If there are none.
    """
    present = store.windows["part"].unique().to_list()
    windows = store.rows_of(
        present if present == ["test"] else parts_of_fold(present, fold)["test"]
    )
    if not len(windows):
        raise InputError(
            f"{store.path}: fold {fold} has no windows to test on, since no window is in a part "
            "test; expected some that were not trained on. Give the set folds, or some contigs "
            "as fixed test."
        )
    return windows


def check_unseen(
    store: CoverageStore, windows: np.ndarray, learned: Sequence[str | Path], fold: str
) -> None:
    """Stop at a test window that shares bases with one that a fold learned from or was chosen by.

    Parameters
    ----------
    windows : ndarray of int
        Those of the store that are tested.
    learned : sequence of path
        Training datasets that the fold was trained with; those of another assembly say nothing.

    Raises
    ------
    InputError
        If two overlap, without their crop.
    """
    place = ("chrom", "start", "end")
    tested = store.windows[windows].select(*place, part=pl.lit("tested"))
    for other in map(CoverageStore.open, learned):
        parts = parts_of_fold(other.windows["part"].unique().to_list(), fold)
        seen = other.windows[other.rows_of(parts["train"] + parts["valid"])]
        both = pl.concat([tested, seen.select(*place, part=pl.lit("learned"))])
        if other.assembly == store.assembly and (pair := first_overlap(both)):
            raise InputError(
                f"{store.path}: {pair[0]} and {pair[1]} overlap; fold {fold} learned from the one, "
                f"or was chosen by it, in {other.path}. Expected test windows that it never saw: "
                "give both sets the same windows (column windows of the table of training "
                "datasets), or test the model on another set."
            )


def rows_of_tracks(tracks: Tracks, store: CoverageStore) -> list[int]:
    """Rows of a store's targets that hold a model's tracks, by identifier.

    Raises
    ------
    InputError
        If a track is not in the store, or its targets have another statistic, scale, soft clip or
        (where both tables say one) norm_factor, so that the two cannot be brought to one scale.
    """
    place = {name: i for i, name in enumerate(store.identifiers)}
    wanted = tracks.identifier.tolist()
    if lost := [name for name in wanted if name not in place][:TOLD]:
        raise InputError(
            f"{store.path} has no tracks {lost}, which the model's table of tracks names; it has "
            f"{store.identifiers[:TOLD]} ... Test the model on a set of its own tracks, or give "
            "it a table of those that both have."
        )
    rows = [place[name] for name in wanted]
    alike: list[tuple[str, np.ndarray, str | float]] = [
        ("sum_stat", tracks.sum_stat, ""),
        ("scale", tracks.scale, 1.0),
        ("clip_soft", tracks.clip_soft, np.nan),
    ]
    if tracks.norm_factor is not None and "norm_factor" in store.tracks.columns:
        alike.append(("norm_factor", tracks.norm_factor, 1.0))
    for column, values, empty in alike:
        cells = store.tracks[column].to_list() if column in store.tracks.columns else []
        for row, value in zip(rows, values.tolist(), strict=True):
            cell = cells[row] if cells else None
            found = empty if cell in (None, "") else type(empty)(cell)
            if found != value and not (found != found and value != value):  # NaN is none
                raise InputError(
                    f"{store.path}: {column} of track {store.identifiers[row]!r} is {found}; "
                    f"expected {value}, as the model's table of tracks has it. Make the set from "
                    "the targets table that the model was trained with."
                )
    return rows


def track_table(
    tracks: Tracks, bins: BinAccuracy, genes: pl.DataFrame, windows: int
) -> pl.DataFrame:
    """Agreement over bins and over genes, one row per track.

    Parameters
    ----------
    genes : DataFrame
        As of `GeneAccuracy.tracks`: strand pairs have one row, named as their plus member.
    windows : int
        How many were tested.

    Returns
    -------
    DataFrame
        identifier, description; pearsonr and r2 over all bins of all windows, in the units of the
        training; windows, bins, status ("constant": predictions or targets); then `GENE_COLUMNS`.
        null where a number is not defined; of minus tracks, genes count with the plus track.
    """
    r = bins.pearsonr()
    table = pl.DataFrame(
        {
            "identifier": tracks.identifier.tolist(),
            "description": tracks.description.tolist(),
            "pearsonr": pl.Series(r).fill_nan(None),
            "r2": pl.Series(bins.r2()).fill_nan(None),
            "windows": [windows] * len(tracks),
            "bins": [bins.bins] * len(tracks),
            "status": np.where(np.isnan(r), CONSTANT, VALID).tolist(),
        }
    )
    columns = genes.select("identifier", **{new: pl.col(old) for old, new in GENE_COLUMNS.items()})
    joined = table.join(columns, on="identifier", how="left", maintain_order="left")
    return joined.with_columns(pl.col("gene_status").fill_null(OF_PLUS_TRACK))


def _predictions(
    model: CoverageModel, store: CoverageStore, windows: np.ndarray, tracks: Tracks,
    options: AccuracyOptions, batch_size: int,
) -> Iterator[Tensor]:  # fmt: skip
    """Predictions (tracks, bins) of windows of a store, float32, in the units of the training."""
    with evaluating(model) as device:
        for first in range(0, len(windows), batch_size):
            codes = np.stack([store.codes(int(i)) for i in windows[first : first + batch_size]])
            encoded = one_hot_of_codes(torch.from_numpy(codes)).numpy()
            yield from predict_batch(
                model, encoded, tracks, device, options.reverse_complement, options.shifts_bp,
                batch_size,
            ).cpu()  # fmt: skip
