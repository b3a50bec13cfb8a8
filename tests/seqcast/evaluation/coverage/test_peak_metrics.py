"""Peaks told from other bins by coverage."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from seqcast.core.errors import InputError
from seqcast.evaluation.coverage.panels import FoldName
from seqcast.evaluation.coverage.peak_coverage import ROWS
from seqcast.evaluation.coverage.peak_metrics import peak_metrics

PROTEINS = ("CLIP:FUS:K562", "CLIP:PUM1:K562", "CLIP:SND1:K562", "CLIP:FUS:HepG2")


def bins(seed: int, chrom: str, signal: float) -> pl.DataFrame:
    """Bins of 20 genes; the last protein is alone in its cell line."""
    rng, draw = np.random.default_rng(seed), np.random.default_rng(0)
    rows: list[tuple] = []
    for said in PROTEINS:
        for i in range(80):
            label, others = i % 2, None if "HepG2" in said else draw.normal()
            score = signal * label + rng.normal()
            rows.append((chrom, 32 * i, "+", f"{chrom}_G{i // 4}", said, label, score,
                         label + draw.normal(), others))  # fmt: skip
    return pl.DataFrame(rows, schema=ROWS, orient="row")


def test_metrics_equal_those_of_sklearn_on_means_of_replicates() -> None:
    tables = [bins(1, "chr1", 2), bins(2, "chr1", 2), bins(3, "chr2", 2), bins(4, "chr1", 0)]
    folds = [FoldName("good", "f0c0"), FoldName("good", "f0c1"), FoldName("good", "f1"),
             FoldName("bad", "f0")]  # fmt: skip
    found = peak_metrics(tables, folds, resamples=100)
    rows = {(r["method"], r["part"], r["metric"]): r for r in found.iter_rows(named=True)}
    mean = tables[0].with_columns(predicted=(pl.col("predicted") + tables[1]["predicted"]) / 2)
    fus = pl.concat([mean, tables[2]]).filter(description="CLIP:FUS:K562")
    for metric, plain in (
        ("roc_auc", roc_auc_score),
        ("average_precision", average_precision_score),
    ):
        row = rows["good", "K562:FUS", f"peaks_{metric}"]
        assert row["value"] == pytest.approx(plain(fus["label"], fus["predicted"]), abs=1e-12)
        assert row["ci_low"] < row["value"] < row["ci_high"]
        assert row["n"] == 160
    assert rows["good", "K562", "peaks_roc_auc_median"]["value"] > 0.9
    assert rows["bad", "K562", "peaks_roc_auc_median"]["value"] == pytest.approx(0.5, abs=0.1)
    apart = rows["good minus bad", "K562", "peaks_roc_auc_median_difference"]
    assert 0.3 < apart["ci_low"] < apart["value"]
    assert ("other_rbps", "HepG2:FUS", "peaks_roc_auc") not in rows
    assert rows["good", "HepG2", "peaks_roc_auc_median"]["n"] == 1


def test_replicates_of_other_bins_are_refused() -> None:
    tables = [bins(1, "chr1", 2), bins(2, "chr1", 2).head(300)]
    with pytest.raises(InputError, match="fold f0 of m have different bins"):
        peak_metrics(tables, [FoldName("m", "f0c0"), FoldName("m", "f0c1")])
