"""Whether sizes of effects tell causal variants from matched ones, where a file names them."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.binary import classification_metrics
from seqcast.evaluation.metrics.bootstrap import RESAMPLES
from seqcast.evaluation.metrics.table import row_of
from seqcast.evaluation.variants.agreement import Measure
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.labelled_variants import SCORED, read_labelled

logger = logging.getLogger(__name__)

KINDS = Definition(truth="KIND=causal/matched")  # as the simulated genome has it
COLUMNS = {
    "model": pl.String, "score": pl.String, "roc_auc": pl.Float64, "ci_low": pl.Float64,
    "ci_high": pl.Float64, "causal": pl.Int64, "matched": pl.Int64, "note": pl.String,
}  # fmt: skip


def read_truth(
    file: str | Path, table: pl.DataFrame, measured: Sequence[Measure]
) -> pl.DataFrame | None:
    """`tell_causal` for a file of variants; None where it names no causal and matched ones.

    Parameters
    ----------
    file : path
        VCF, BCF or parquet.
    table : DataFrame
        As `joined_scores.compare_models` returns it.
    measured : sequence of Measure
    """
    labels = read_labels(file)
    return None if labels is None else tell_causal(table, measured, labels)


def read_labels(file: str | Path) -> pl.DataFrame | None:
    """``row`` and ``label``, 1 for causal variants and 0 for matched ones; None without either.

    Parameters
    ----------
    file : path
        VCF, BCF or parquet.
    """
    try:
        labelled = read_labelled([file], KINDS).filter(usable=SCORED)
    except InputError as error:
        logger.info("causal variants are not compared with matched ones: %s", error)
        return None
    return labelled.select("row", "label") if labelled["label"].n_unique() == 2 else None


def tell_causal(
    table: pl.DataFrame,
    measured: Sequence[Measure],
    labelled: pl.DataFrame,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pl.DataFrame:
    """AUROC of each measure: causal variants against matched ones.

    Parameters
    ----------
    table : DataFrame
        As `joined_scores.compare_models` returns it. An ALT stands with its largest size.
    measured : sequence of Measure
    labelled : DataFrame
        ``row`` of each ALT that counts and its ``label``, 1 for causal ones.
    resamples : int
        Of the bootstrap over ALTs.
    seed : int

    Returns
    -------
    DataFrame
        `COLUMNS`; ``causal`` and ``matched`` count the ALTs that have a number.
    """
    rows = []
    for measure in measured:
        sizes = table.select("row", size=pl.Series(measure.size(table))).fill_nan(None)
        largest = sizes.group_by("row").agg(pl.col("size").max()).drop_nulls()
        both = labelled.join(largest, on="row").sort("row")
        counts = [int((both["label"] == label).sum()) for label in (1, 0)]
        found = (None, None, None, *counts, "no ALT of either class has a number")
        if len(both):
            metrics = classification_metrics(both["label"], both["size"], np.inf, resamples, seed)
            auc = row_of(metrics, "roc_auc")
            found = (auc["value"], auc["ci_low"], auc["ci_high"], *counts, auc["note"])
        rows.append((measure.model, measure.score, *found))
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")
