"""Models and gene finders against the labels, next to the published numbers.

Sets of one reference are pooled, as in the paper. Every tool is measured on the reads that it
scored; the metric ``not_scored`` counts the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import origins_in_words
from seqcast.core.store import read_provenance, read_table, read_tsv
from seqcast.evaluation.metrics.binary import METRICS, classification_metrics
from seqcast.evaluation.metrics.bootstrap import RESAMPLES
from seqcast.evaluation.metrics.published import as_results, warned
from seqcast.evaluation.metrics.table import RESULTS, row_of, with_keys
from seqcast.evaluation.reads import THRESHOLD
from seqcast.reads.dnabert import read_labels

ROC = {
    "part": pl.String, "method": pl.String, "false_positive_rate": pl.Float64,
    "true_positive_rate": pl.Float64, "roc_auc": pl.Float64, "n": pl.Int64,
}  # fmt: skip
TIMES = {
    "reference": pl.String, "dataset": pl.String, "tool": pl.String, "reads": pl.Int64,
    "threads": pl.Int64, "wall_s": pl.Float64, "cpu_s": pl.Float64,
    "reads_per_cpu_s": pl.Float64, "published_reads": pl.Float64, "published_wall_s": pl.Float64,
}  # fmt: skip
CURVE_POINTS = 2000  # of one curve; more cannot be seen
# With fewer reads of a class (SARS-CoV-2: 8 non-coding ones in the paper) areas and correlations
# say nothing; recall does.
LEAST_MEANINGFUL = 10


@dataclass(frozen=True)
class LabelledSet:
    """A set of labelled reads, and what the tools made of it.

    Attributes
    ----------
    dataset, reference : str
    table : path
        DNABERT's layout.
    scores : mapping
        Tool to its table of reads (parquet), one row per row of `table`.
    """

    dataset: str
    reference: str
    table: str | Path
    scores: Mapping[str, str | Path]


def gather_sets(
    datasets: Sequence[str],
    references: Sequence[str],
    tools: Sequence[str],
    tables: Sequence[str | Path],
    scores: Sequence[str | Path],
) -> list[LabelledSet]:
    """Sets from lists of equal order.

    Parameters
    ----------
    datasets, references, tables : sequence, length sets
    tools : sequence of str
    scores : sequence of path, length sets x tools
        All tools of the first set, then those of the next.
    """
    width = len(tools)
    return [
        LabelledSet(
            name, reference, table,
            dict(zip(tools, scores[i * width : (i + 1) * width], strict=True)),
        )
        for i, (name, reference, table) in enumerate(zip(datasets, references, tables, strict=True))
    ]  # fmt: skip


def evaluate(
    sets: Sequence[LabelledSet],
    published: pl.DataFrame,
    benchmark: str = "",
    resamples: int = RESAMPLES,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Metrics and ROC curves of each tool on each reference.

    Parameters
    ----------
    sets : sequence of LabelledSet
        With the same tools.
    published : DataFrame
        `PUBLISHED`: their method is a tool, their part a reference, or a set whose times they are.
    benchmark : str
        Its name, for the tables.
    resamples : int
        Of the intervals.

    Returns
    -------
    metrics : DataFrame
        `RESULTS`: methods are tools, parts references, both in the order of `sets`. Published
        numbers come last.
    roc : DataFrame
        `ROC`; no rows for a reference with fewer than `LEAST_MEANINGFUL` reads of a class.

    Raises
    ------
    InputError
        If a table of reads has a wrong label or no read, a table of scores has another number of
        rows, or there is no tool.
    """
    if not sets or not sets[0].scores:
        raise InputError(
            "nothing to measure: no model of the task reads in the table of models, and "
            "read_benchmark.comparators is empty; expected one tool or more"
        )
    tables, curves = [], []
    labels = {item.dataset: _labels(item.table) for item in sets}
    for reference in dict.fromkeys(item.reference for item in sets):
        members = [item for item in sets if item.reference == reference]
        truth = np.concatenate([labels[item.dataset] for item in members])
        for tool in members[0].scores:
            scores = np.concatenate([_scores(item, tool, labels[item.dataset]) for item in members])
            found = classification_metrics(
                truth, scores, THRESHOLD, resamples, least_of_a_class=LEAST_MEANINGFUL
            )
            origin = origins_in_words(read_provenance(item.scores[tool]) for item in members)
            about = {"method": tool, "origin": origin, "part": reference}
            tables.append(with_keys(found, benchmark=benchmark, **about))
            auc = row_of(found, "roc_auc")["value"]
            curves.append(_curve(reference, tool, truth, scores, auc))
    told = published.filter(pl.col("metric").is_in(METRICS))
    return warned(pl.concat([*tables, as_results(told)])), pl.concat(curves)


def timings(sets: Sequence[LabelledSet], published: pl.DataFrame) -> pl.DataFrame:
    """What each tool took on each set, next to the published times.

    Parameters
    ----------
    sets : sequence of LabelledSet
        The tables of scores tell ``wall_s``, ``cpu_s``, ``threads`` in their provenance; what
        they do not tell is null.
    published : DataFrame
        `PUBLISHED`; rows of the metrics ``wall_s`` and ``reads``, whose part is a set.

    Returns
    -------
    DataFrame
        `TIMES`: one row per set and tool. Published times are of 50 threads (FragGeneScan) and of a
        GPU: they are comparable with each other, not with ours.
    """
    columns = published.select("part", "method", "metric", "value")
    times = {tuple(about): value for *about, value in columns.iter_rows()}
    rows = []
    for item in sets:
        for tool, path in item.scores.items():
            facts = read_provenance(path)
            reads = len(read_table(path, columns=["status"]))
            wall_s, cpu_s = facts.get("wall_s"), facts.get("cpu_s")
            told = [times.get((item.dataset, tool, name)) for name in ("reads", "wall_s")]
            rows.append(
                (item.reference, item.dataset, tool, reads, facts.get("threads"), wall_s, cpu_s,
                 reads / cpu_s if cpu_s else None, *told)
            )  # fmt: skip
    return pl.DataFrame(rows, schema=TIMES, orient="row")


def read_metrics(path: str | Path) -> pl.DataFrame:
    """The metrics that `evaluate` gave and `store.write_tsv` wrote."""
    return read_tsv(path, RESULTS)


def read_times(path: str | Path) -> pl.DataFrame:
    """The times that `timings` gave and `store.write_tsv` wrote."""
    return read_tsv(path, TIMES)


def _labels(path: str | Path) -> np.ndarray:
    """Labels of a table of reads, which has one or more."""
    labels = read_labels(path)
    if not len(labels):
        raise InputError(f"{path} has no read; expected one per line below the header")
    return labels


def _scores(item: LabelledSet, tool: str, labels: np.ndarray) -> np.ndarray:
    """Scores of a tool in the order of the labels; NaN if there is none."""
    scores = read_table(item.scores[tool], columns=["p_coding"])["p_coding"]
    if len(scores) != len(labels):
        raise InputError(
            f"{item.scores[tool]} has {len(scores)} rows, but {item.table} has {len(labels)} "
            "reads; expected one row per read. Score the set again, it has changed since."
        )
    return scores.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _curve(
    reference: str, tool: str, truth: np.ndarray, scores: np.ndarray, auc: float | None
) -> pl.DataFrame:
    """Points of a ROC curve, at most `CURVE_POINTS` and always both ends."""
    from sklearn.metrics import roc_curve  # here, as it takes a second: pages need none

    scored = ~np.isnan(scores)
    if np.bincount(truth[scored], minlength=2).min() < LEAST_MEANINGFUL:
        return pl.DataFrame(schema=ROC)
    fpr, tpr, _ = roc_curve(truth[scored], scores[scored])
    kept = np.unique(np.linspace(0, len(fpr) - 1, min(len(fpr), CURVE_POINTS)).round().astype(int))
    columns = {"false_positive_rate": fpr[kept], "true_positive_rate": tpr[kept]}
    about = {"part": reference, "method": tool, "roc_auc": auc, "n": int(scored.sum())}
    return pl.DataFrame(columns).select(
        pl.lit(about[name]).cast(kind).alias(name) if name in about else pl.col(name)
        for name, kind in ROC.items()
    )
