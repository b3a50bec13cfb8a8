"""Models of coverage and mRNAs together: who calls a variant, where they differ, what a stack adds.

A model calls a variant whose effect exceeds those of a fraction `CALLED` of the null variants of
its class. Where not every model has null variants, of the matched controls of the same set; where
a set has none, of all its variants. Each model has its own scale, so that their units do not
matter. The stack is a logistic regression on the sizes that all models give,
with its penalty chosen inside of each training part (nested cross-validation): no variant, and no
chromosome, is predicted by a stack that saw it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, cast

import numpy as np
import polars as pl

from seqcast.core.store import (
    column_names,
    read_provenance,
    read_table,
    read_tsv,
    write_table,
    write_tsv,
)
from seqcast.evaluation.metrics.binary import LEAST_OF_A_CLASS, TwoClasses, metrics_of_counts
from seqcast.evaluation.metrics.bootstrap import Resampling, estimate
from seqcast.evaluation.metrics.table import VALUES
from seqcast.evaluation.variants.agreement import Measure, read_comparison
from seqcast.evaluation.variants.known_effects import read_labels

CALLED = 0.95  # fraction of the controls that a called variant exceeds; chosen
LEAST_CONTROLS = 20  # below it a fraction of 0.95 is one control
BLOCKS = 5  # of a genome of fewer than `LEAST_CHROMOSOMES`, used instead of chromosomes
LEAST_CHROMOSOMES = 3  # one to test on, and two to choose the penalty by
PENALTIES = [0.01, 0.1, 1.0, 10.0]  # C of the logistic regression
LEAST_SIZE = 1e-4  # added before the logarithm: differences of 1e-5 are rounding
STACK = "stack"
MATCHED, ALL = "matched", "all"  # what percentiles are among, if not null variants
SCHEMA = {"measure": pl.String, "group": pl.String, **VALUES, "note": pl.String}


class CrossModelFiles(NamedTuple):
    """What is made: the comparison with percentiles and calls (parquet), and the numbers (TSV)."""

    table: str | Path
    numbers: str | Path


def compare_across(
    comparison: str | Path, correlations: str | Path, variants: str | Path, made: CrossModelFiles,
    percentiles: Sequence[str | Path] = (), how: Resampling | None = None,
) -> None:  # fmt: skip
    """Write both tables of `CrossModelFiles` for one set of variants.

    Parameters
    ----------
    comparison, correlations : path
        As `agreement.write_comparison` writes them.
    variants : path
        The set itself, whose labels count if it has causal variants and matched controls.
    made : CrossModelFiles
    percentiles : sequence of path
        As `write_percentiles` writes them, one of each model; used if every model has its own.
    how : Resampling, optional
        Of the intervals, over genes.
    """
    compared, _ = read_comparison(comparison, correlations)
    labels = read_labels(variants)
    nulls = among_nulls(leading(compared.measures), percentiles)
    table = with_calls(compared.table, leading(compared.measures), labels, nulls)
    rows = [] if labels is None else stack_rows(table, compared.measures, labels, how)
    write_table(table, made.table, read_provenance(comparison) | {"among": _among(table, nulls)})
    numbers = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    write_tsv(pl.concat([calls_by_kind(table), numbers]), made.numbers)


class Across(NamedTuple):
    """What `compare_across` wrote, as tables.

    Attributes
    ----------
    table, numbers : DataFrame
    among : str
        What percentiles are among: names of null variants, `MATCHED` controls, or `ALL` variants.
    """

    table: pl.DataFrame
    numbers: pl.DataFrame
    among: str = ALL


def read_across(table: str | Path, numbers: str | Path) -> Across:
    """Both tables of `compare_across`."""
    among = read_provenance(table)["among"]
    return Across(read_table(table), read_tsv(numbers, SCHEMA), among)


def leading(measured: Sequence[Measure]) -> list[Measure]:
    """The first main measure of each model."""
    first: dict[str, Measure] = {}
    for measure in measured:
        if measure.is_main:
            first.setdefault(measure.model, measure)
    return list(first.values())


class NullPercentiles(NamedTuple):
    """Percentiles of one model's leading measure among null variants.

    Attributes
    ----------
    name : str
        Of the null variants.
    table : DataFrame
        ``row``, ``gene_id`` and ``percentile``, a fraction of 1.
    """

    name: str
    table: pl.DataFrame


def among_nulls(
    measured: Sequence[Measure], files: Sequence[str | Path]
) -> dict[str, NullPercentiles]:
    """Percentiles of each model among null variants; none at all if a measure has none.

    Parameters
    ----------
    measured : sequence of Measure
        One per model.
    files : sequence of path
        As `write_percentiles` writes them.
    """
    made = {facts["model"]: (path, facts["nulls"]) for path in files
            for facts in [read_provenance(path)]}  # fmt: skip
    found = {}
    for measure in measured:
        column = f"{measure.base}_percentile"
        path, name = made.get(measure.model, (None, ""))
        if path is None or column not in column_names(path):
            return {}
        table = read_table(path, ["row", "gene_id", column])
        fraction = (pl.col(column) / 100).alias("percentile")
        found[measure.model] = NullPercentiles(name, table.select("row", "gene_id", fraction))
    return found


def _among(table: pl.DataFrame, nulls: Mapping[str, NullPercentiles]) -> str:
    """What percentiles of `with_calls` are among, as `Across` names it."""
    if nulls:
        return ", ".join(dict.fromkeys(one.name for one in nulls.values()))
    return ALL if _controls(table) is None else MATCHED


def _controls(table: pl.DataFrame) -> np.ndarray | None:
    """Which rows are matched controls; None where they are too few for percentiles."""
    control = (table["kind"] == MATCHED).fill_null(False).to_numpy()
    return control if control.sum() >= LEAST_CONTROLS else None


def with_calls(
    table: pl.DataFrame, measured: Sequence[Measure], labels: pl.DataFrame | None = None,
    nulls: Mapping[str, NullPercentiles] = MappingProxyType({}),
) -> pl.DataFrame:  # fmt: skip
    """The comparison, with where each model puts each row among null variants or controls.

    Parameters
    ----------
    table : DataFrame
        As `joined_scores.compare_models` returns it.
    measured : sequence of Measure
        One per model.
    labels : DataFrame, optional
        ``row`` and ``label``, 0 for controls. Default, and where fewer than `LEAST_CONTROLS` are
        controls: all rows are.
    nulls : mapping of str to NullPercentiles
        Of each model; if given, they are the percentiles.

    Returns
    -------
    DataFrame
        Also ``kind`` (causal, matched or null); for each model ``<model>.percentile``, the fraction
        of the null variants of its class, or of the other controls, that have a smaller size (of
        controls, equal ones count one half);
        ``models_scored`` and ``models_calling``, how many have a percentile, and one of `CALLED` or
        more;
        ``disagreement``, the largest less the smallest percentile, null for a single one.
    """
    kinds = pl.DataFrame(schema={"row": table.schema["row"], "label": pl.Int64})
    labels = kinds if labels is None else labels.select("row", pl.col("label").cast(pl.Int64))
    table = table.join(labels, on="row", how="left", maintain_order="left")
    kind = pl.col("label").replace_strict({1: "causal", 0: MATCHED}, return_dtype=pl.String)
    table = table.with_columns(kind=kind).drop("label")
    if nulls:
        keys = ["row", "gene_id"]
        places = {
            f"{model}.percentile": table.select(keys).join(
                one.table, on=keys, how="left", maintain_order="left"
            )["percentile"]
            for model, one in nulls.items()
        }
    else:
        control = _controls(table)
        if control is None:
            control = np.ones(len(table), bool)
        places = {f"{m.model}.percentile": _percentiles(m.size(table), control) for m in measured}
    table = table.with_columns(**places).with_columns(pl.col(places).fill_nan(None))
    each = [pl.col(name) for name in places]
    return table.with_columns(
        models_scored=pl.sum_horizontal(x.is_not_null() for x in each).cast(pl.Int64),
        models_calling=pl.sum_horizontal((x >= CALLED).fill_null(False) for x in each).cast(
            pl.Int64
        ),
        disagreement=pl.when(pl.sum_horizontal(x.is_not_null() for x in each) > 1).then(
            pl.max_horizontal(each) - pl.min_horizontal(each)
        ),
    )


def _percentiles(sizes: np.ndarray, control: np.ndarray) -> pl.Series:
    """Fraction of the controls, but for the row itself, with a smaller size; NaN without a size."""
    known = ~np.isnan(sizes)
    others = np.sort(sizes[known & control])
    below = (np.searchsorted(others, sizes, "left") + np.searchsorted(others, sizes, "right")) / 2
    own = np.where(control, 0.5, 0.0)  # a control is its own equal
    number = len(others) - control
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(known & (number > 0), (below - own) / number, np.nan)
    return pl.Series(share)


def most_different(table: pl.DataFrame, rows: int) -> pl.DataFrame:
    """Rows of `with_calls` with the largest ``disagreement``; ``place`` is that in the table."""
    known = table.with_row_index("place").filter(pl.col("disagreement").is_not_null())
    return known.sort("disagreement", descending=True, maintain_order=True).head(rows)


def calls_by_kind(table: pl.DataFrame) -> pl.DataFrame:
    """How many of the rows of each kind are called by how many models: `SCHEMA`."""
    used = table.filter(pl.col("models_scored") == pl.col("models_scored").max())
    most = cast(int | None, table["models_scored"].max())
    numbers = range((most or 0) + 1)
    rows = []
    for (kind,), own in used.group_by("kind", maintain_order=True):
        for number in numbers:
            count = int((own["models_calling"] == number).sum())
            group = f"{kind or 'all'}, called by {number} of {numbers[-1]}"
            rows.append(("called", group, count / len(own), None, None, len(own), ""))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def stack_rows(
    table: pl.DataFrame, measured: Sequence[Measure], labels: pl.DataFrame,
    how: Resampling | None = None,
) -> list[tuple]:  # fmt: skip
    """AUROC of each measure, of the stack, and of the stack less the best measure: `SCHEMA`.

    All on the same ALTs, those that every model scored; a measure without any number is left out.
    """
    measured = [m for m in measured if table[m.column].count()]
    used = _one_row_per_alt(table, measured, labels) if measured else labels.clear()
    truth = used["label"].cast(pl.Int64).to_numpy()
    if min(truth.sum(), len(truth) - truth.sum()) < BLOCKS * LEAST_OF_A_CLASS:
        few = "all models scored fewer causal variants or matched controls than a stack needs"
        return [("auroc", STACK, None, None, None, len(used), few)]
    sizes = {f"{m.model} {m.score}": used[m.column].abs().to_numpy() for m in measured}
    groups, said = blocks(used["chrom"].to_list(), used["gene_id"].to_list())
    features = np.log(np.stack(list(sizes.values()), axis=1) + LEAST_SIZE)
    return _areas(truth, sizes | {STACK: stacked(features, truth, groups)},
                  used["gene_id"].to_numpy(), said, how or Resampling())  # fmt: skip


def _one_row_per_alt(
    table: pl.DataFrame, measured: Sequence[Measure], labels: pl.DataFrame
) -> pl.DataFrame:
    """Labelled ALTs that all models scored, in the gene where the first measure is largest."""
    columns = [m.column for m in measured]
    known = table.join(labels.select("row", "label"), on="row").drop_nulls(columns)
    largest = pl.col(columns[0]).abs()
    return known.sort("row", -largest).unique("row", keep="first", maintain_order=True)


def blocks(chroms: Sequence[str], genes: Sequence[str]) -> tuple[np.ndarray, str]:
    """Parts that a stack is tested on one after the other: the part of each row, and in words.

    Chromosomes; of fewer than `LEAST_CHROMOSOMES` neighbouring genes in `BLOCKS` parts, as the rows
    (in order of the genome) have them.
    """
    names = list(dict.fromkeys(chroms))
    if len(names) >= LEAST_CHROMOSOMES:
        return np.array([names.index(chrom) for chrom in chroms]), f"{len(names)} chromosomes"
    order = {gene: i for i, gene in enumerate(dict.fromkeys(genes))}
    places = np.array([order[gene] * BLOCKS // len(order) for gene in genes])
    return places, f"{BLOCKS} parts of neighbouring genes on {', '.join(names)}"


def stacked(features: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Probability of each row by a stack that saw no row of its group.

    Parameters
    ----------
    features : ndarray, shape=(rows, features)
    labels : ndarray of int, shape=(rows,)
        0 or 1.
    groups : ndarray of int, shape=(rows,)

    Returns
    -------
    ndarray, shape=(rows,)
        Of class 1. The penalty is the one of `PENALTIES` with the least log loss on the groups of
        the training part, each left out in turn.
    """
    # here, as they take a second: most jobs that read a comparison need none
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    predicted = np.zeros(len(labels))
    chosen = {"logisticregression__C": PENALTIES}
    for train, test in LeaveOneGroupOut().split(features, labels, groups):
        model = make_pipeline(StandardScaler(), LogisticRegression())
        search = GridSearchCV(model, chosen, scoring="neg_log_loss", cv=LeaveOneGroupOut())
        search.fit(features[train], labels[train], groups=groups[train])
        predicted[test] = search.predict_proba(features[test])[:, 1]
    return predicted


def _areas(
    truth: np.ndarray, sizes: Mapping[str, np.ndarray], genes: np.ndarray, said: str,
    how: Resampling,
) -> list[tuple]:  # fmt: skip
    """Rows of `SCHEMA`: AUROC of each column, and the stack less the best of the others."""
    classes = {name: TwoClasses.of(truth, values) for name, values in sizes.items()}

    def areas(counts: np.ndarray) -> dict[str, np.ndarray]:
        return {
            name: metrics_of_counts(*one.members(counts), 0)["roc_auc"]
            for name, one in classes.items()
        }

    found = {name: values[0] for name, values in areas(np.ones((1, len(truth)), int)).items()}
    best = max((name for name in found if name != STACK), key=found.__getitem__)

    def estimator(counts: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
        of_all = areas(counts)
        told = {("auroc", name): values for name, values in of_all.items()}
        return told | {("auroc_difference", f"{STACK} less {best}"): of_all[STACK] - of_all[best]}

    draws = how.draws(np.ones(len(truth), bool), genes)
    nested = f"nested cross-validation over {said}"
    return [
        (*key, *values, len(truth), nested if STACK in key[1] else "")
        for key, values in estimate(estimator, len(truth), draws).items()
    ]
