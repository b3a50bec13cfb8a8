"""Whether sizes of effects tell causal variants from matched ones, where a file names them."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pysam

from seqcast.core.store import read_table
from seqcast.evaluation.metrics.binary import classification_metrics
from seqcast.evaluation.metrics.bootstrap import RESAMPLES
from seqcast.evaluation.metrics.table import row_of
from seqcast.evaluation.variants.agreement import Measure
from seqcast.genome.fasta import quiet_htslib

logger = logging.getLogger(__name__)

KEY = "KIND"  # of INFO, as the simulated genome has it
CAUSAL, MATCHED = "causal", "matched"
COLUMNS = {
    "model": pl.String, "score": pl.String, "roc_auc": pl.Float64, "ci_low": pl.Float64,
    "ci_high": pl.Float64, "causal": pl.Int64, "matched": pl.Int64, "note": pl.String,
}  # fmt: skip


def read_kinds(path: str | Path) -> list[str | None] | None:
    """INFO/KIND of each record of a VCF, in order.

    Parameters
    ----------
    path : path
        VCF or BCF.

    Returns
    -------
    list of str or None
        None where a record has none; None as a whole where the header does not describe KIND, or
        where htslib does not read the file as it is.
    """
    try:
        with quiet_htslib(), pysam.VariantFile(str(path)) as file:
            if KEY not in file.header.info:
                return None
            return [record.info.get(KEY) for record in file]
    except (OSError, ValueError) as error:
        logger.info("%s: no INFO is read (%s)", path, error)
        return None


def read_truth(
    file: str | Path, checked: str | Path, table: pl.DataFrame, measured: Sequence[Measure]
) -> pl.DataFrame | None:
    """`tell_causal` for a file of variants; None where it names no causal and matched ones.

    Parameters
    ----------
    file : path
        VCF or BCF.
    checked : path
        Its table of checked variants, which has the record of each row.
    table : DataFrame
        As `joined_scores.compare_models` returns it.
    measured : sequence of Measure
    """
    kinds = read_kinds(file)
    if kinds is None or not {CAUSAL, MATCHED} <= set(kinds):
        return None
    variants = read_table(checked, columns=["row", "record"])
    kind = pl.Series("kind", kinds).gather(variants["record"])
    return tell_causal(table, measured, variants.select("row", kind))


def tell_causal(
    table: pl.DataFrame,
    measured: Sequence[Measure],
    kinds: pl.DataFrame,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pl.DataFrame:
    """AUROC of each measure: causal variants against matched ones.

    Parameters
    ----------
    table : DataFrame
        As `joined_scores.compare_models` returns it. An ALT stands with its largest size.
    measured : sequence of Measure
    kinds : DataFrame
        ``row`` of each ALT and its ``kind``; others than `CAUSAL` and `MATCHED` do not count.
    resamples : int
        Of the bootstrap over ALTs.
    seed : int

    Returns
    -------
    DataFrame
        `COLUMNS`; ``causal`` and ``matched`` count the ALTs that have a number.
    """
    labelled = kinds.filter(pl.col("kind").is_in([CAUSAL, MATCHED])).select(
        "row", label=(pl.col("kind") == CAUSAL).cast(pl.Int8)
    )
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
