"""How well predicted coverage tells peaks of CLIP from other exonic bins of the same genes."""

from collections.abc import Sequence

import polars as pl

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.fold_names import without_training
from seqcast.evaluation.coverage.panels import VALID, FoldName, of_part, panel_metrics
from seqcast.evaluation.metrics.binary import classification_metrics
from seqcast.evaluation.metrics.bootstrap import RESAMPLES
from seqcast.evaluation.metrics.table import SCHEMA, with_keys

MEASURED, OTHERS = "measured", "other_rbps"  # methods: measured coverage, that of other proteins
BASELINES = {MEASURED: "measured", OTHERS: "others"}  # to columns
BIN = ("chrom", "start", "strand", "gene_id", "description", "label")
SHOWN = ("roc_auc", "average_precision")
PREFIX = "peaks_"


def peak_metrics(
    tables: Sequence[pl.DataFrame], folds: Sequence[FoldName], resamples: int = RESAMPLES,
    seed: int = 0,
) -> pl.DataFrame:  # fmt: skip
    """AUROC and average precision of coverage at peaks.

    Parameters
    ----------
    tables : sequence of DataFrame
        As of `PeakCollector.table`, one per model and fold.
    folds : sequence of FoldName
        Of the tables. Replicates of a fold are averaged.
    resamples, seed : int
        Intervals of a protein are over resamples of genes, those of a cell line over proteins.

    Returns
    -------
    DataFrame
        method, part, `SCHEMA`. Part ``K562:FUS``: ``peaks_roc_auc`` and
        ``peaks_average_precision``; half the bins are peaks, so that 0.5 is chance in both. Part
        ``K562``: their spread over the proteins that all methods have, and differences of models,
        see `panel_metrics`. Methods "measured", the measured coverage of the protein, and
        "other_rbps", the mean measured coverage of the others.

    Raises
    ------
    InputError
        If replicates are of different bins.
    """
    bins = _methods(tables, folds)
    found = []
    for (method, said), rows in bins.group_by(["method", "description"], maintain_order=True):
        _, rbp, cell = str(said).split(":")
        known = rows.drop_nulls("score")
        if known.height:
            metrics = classification_metrics(
                known["label"], known["score"], resamples=resamples, seed=seed,
                groups=known["gene_id"].to_list(),
            ).filter(pl.col("metric").is_in(SHOWN))  # fmt: skip
            found.append(with_keys(metrics, method=str(method), part=f"{cell}:{rbp}"))
    by_protein = pl.concat(found).with_columns(metric=pl.lit(PREFIX) + pl.col("metric"))
    return pl.concat([by_protein, *_of_cells(by_protein, resamples, seed)])


def _methods(tables: Sequence[pl.DataFrame], folds: Sequence[FoldName]) -> pl.DataFrame:
    """Bins of all folds: method, `BIN`, score."""
    parts: dict[str, dict[str, list[pl.DataFrame]]] = {}
    for table, fold in zip(tables, folds, strict=True):
        of_fold = parts.setdefault(fold.model, {}).setdefault(without_training(fold.fold), [])
        of_fold.append(table)
    found = []
    for model, replicates in parts.items():
        for name, several in replicates.items():
            mean = (
                pl.concat(several)
                .group_by(BIN, maintain_order=True)
                .agg(pl.mean("predicted").alias("score"), pl.len())
            )
            if (mean["len"] != len(several)).any():
                raise InputError(
                    f"the trainings of fold {name} of {model} have different bins at peaks; "
                    "expected those of the same windows, annotation and peaks"
                )
            found.append(with_keys(mean.drop("len"), method=model))
    first = next(iter(parts.values()))
    for method, column in BASELINES.items():
        for several in first.values():
            scores = several[0].select(*BIN, score=column)
            found.append(with_keys(scores, method=method))
    return pl.concat(found)


def _of_cells(by_protein: pl.DataFrame, resamples: int, seed: int) -> list[pl.DataFrame]:
    """Spread over the proteins of each cell line, which stand for the tracks of a panel."""
    found = []
    known = by_protein.drop_nulls("value").with_columns(
        pl.col("part").str.split(":").list.first().alias("cell")
    )
    for (cell, metric), rows in known.group_by(["cell", "metric"], maintain_order=True):
        complete = rows.group_by("part").len().filter(pl.col("len") == rows["method"].n_unique())
        kept = rows.filter(pl.col("part").is_in(complete["part"].to_list()))
        if kept.height:
            tracks = kept.select("method", identifier="part", value="value", status=pl.lit(VALID))
            metrics = panel_metrics(tracks, str(metric), resamples, seed)
            found.append(of_part(metrics, str(cell)))
    return [table.select("method", "part", *SCHEMA) for table in found]
