"""Published numbers, shown next to ours: a table that users write by hand, and so checked."""

import logging
import math
import re
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_cells
from seqcast.evaluation.metrics.table import RESULTS

logger = logging.getLogger(__name__)

COLUMNS = ("benchmark", "method", "part", "metric", "value", "source", "same_rows")
PUBLISHED = {
    **dict.fromkeys(COLUMNS, pl.String), "value": pl.Float64, "same_rows": pl.Boolean,
    "difference": pl.String,
}  # fmt: skip
GIVEN = "published"  # origin of a published number that is of the rows that we measure
SAME_ROWS = re.compile(r"yes|no(: *\S.*)?")
OTHER_ROWS = "published, other rows"  # origin of one that is not: not to be compared with ours

SHARE, CORRELATION = (0.0, 1.0), (-1.0, 1.0)
# What a metric can be. One that is named after these, such as roc_auc_of_draws, is not beyond 1 and
# not below -1, which a difference can be; any other may be any number.
RANGES = {
    "accuracy": SHARE, "roc_auc": SHARE, "average_precision": SHARE, "f1": SHARE, "recall": SHARE,
    "specificity": SHARE, "macro_roc_auc": SHARE, "macro_average_precision": SHARE,
    "spearman": CORRELATION, "pearson": CORRELATION, "mcc": CORRELATION, "r2": (-math.inf, 1.0),
    "rmse": (0.0, math.inf),
}  # fmt: skip
WITHIN_ONE = re.compile("accuracy|roc_auc|average_precision|auprc|spearman|pearson")


def read_published(path: str | Path | None, benchmark: str) -> pl.DataFrame:
    """Published numbers of a benchmark; no rows if there is no file.

    Parameters
    ----------
    path : path, optional
        TSV of `COLUMNS`. The cell ``same_rows`` is "yes" where the number is the same metric of the
        same rows as ours; else "no", or "no: " and what differs.
    benchmark : str

    Returns
    -------
    DataFrame
        `PUBLISHED`; ``difference`` is what differs.

    Raises
    ------
    InputError
        If a column is missing, no row is of the benchmark, a value is empty, no finite number, or
        out of its metric's `RANGES`, a row says not whose number it is or from where, a number is
        given twice, or a cell of ``same_rows`` says neither yes nor no.
    """
    if not path:
        return pl.DataFrame(schema=PUBLISHED)
    table = read_cells(path, "a table of published numbers", columns=COLUMNS).fill_null("")
    table = table.select(pl.col(COLUMNS).str.strip_chars())
    numbers = table["value"].cast(pl.Float64, strict=False)
    for row, number in zip(table.iter_rows(named=True), numbers, strict=True):
        _check(row, number, path)
    named = ["benchmark", "method", "part", "metric", "source"]
    if len(twice := table.filter(table.select(named).is_duplicated())):
        raise InputError(
            f"{path}: {', '.join(twice.select(named[:-1]).row(0))} is given more than once by one "
            "source; expected one row. Remove the others"
        )
    found = table.with_columns(
        value=numbers,
        same_rows=pl.col("same_rows") == "yes",
        difference=pl.col("same_rows").str.extract("no: *(.+)").fill_null(""),
    ).filter(benchmark=benchmark)
    if found.is_empty() and len(table):
        raise InputError(
            f"{path} has no row of benchmark {benchmark}; it has {', '.join(_names(table))}. "
            "Correct its column benchmark, or empty the cell published of the benchmark's row"
        )
    return found


def ours(results: pl.DataFrame) -> pl.DataFrame:
    """Rows of a table of results, or one with its column ``origin``, that were not published."""
    return results.filter(~is_published("origin"))


def is_published(column: str) -> pl.Expr:
    """Whether an origin is that of a published number."""
    return pl.col(column).is_in([GIVEN, OTHER_ROWS])


def unmatched(results: pl.DataFrame) -> pl.DataFrame:
    """Published numbers of the same rows that none of ours is of: no part and metric of theirs.

    Parameters
    ----------
    results : DataFrame
        `RESULTS`.

    Returns
    -------
    DataFrame
        Some of its rows.
    """
    places = ours(results).select("part", "metric").unique()
    return results.filter(origin=GIVEN).join(
        places, on=["part", "metric"], how="anti", nulls_equal=True, maintain_order="left"
    )


def warned(results: pl.DataFrame) -> pl.DataFrame:
    """The table of results as it is, after a warning of `unmatched` numbers."""
    for row in unmatched(results).iter_rows(named=True):
        logger.warning(
            "published %s of %s, part %s, is said to be of the same rows, but there is no such "
            "number of ours: correct part, metric or same_rows", row["metric"], row["method"],
            row["part"] or "none",
        )  # fmt: skip
    return results


def _names(table: pl.DataFrame) -> list[str]:
    return table["benchmark"].unique(maintain_order=True).to_list()


def as_results(published: pl.DataFrame) -> pl.DataFrame:
    """Published numbers as rows of a table of results: the origin says so, the note the source.

    Parameters
    ----------
    published : DataFrame
        `PUBLISHED`.

    Returns
    -------
    DataFrame
        `RESULTS`; the origin is `GIVEN` or `OTHER_ROWS`.
    """
    told = published.with_columns(
        origin=pl.when("same_rows").then(pl.lit(GIVEN)).otherwise(pl.lit(OTHER_ROWS)),
        note=pl.concat_str("source", pl.when(pl.col("difference") != "").then("difference"),
                           separator="; ", ignore_nulls=True),
    )  # fmt: skip
    return told.select(
        (pl.col(name) if name in told.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in RESULTS.items()
    )


def _check(row: dict[str, str], number: float | None, path: str | Path) -> None:
    """Stop where a value cannot be."""
    about = [row[name] for name in ("benchmark", "method", "part") if row[name]]
    where = f"{path}: {row['metric']} of {', '.join(about)}"
    if empty := [name for name in ("benchmark", "method", "metric", "source") if not row[name]]:
        raise InputError(f"{where}, has an empty cell in the column {empty[0]}; expected a text")
    if not row["value"]:
        raise InputError(f"{where}, is empty; give the number, or leave the row out")
    if number is None or not math.isfinite(number):
        raise InputError(
            f"{where}, is {row['value']!r}, which is no number; expected one such as 0.83"
        )
    anything = CORRELATION if WITHIN_ONE.search(row["metric"]) else (-math.inf, math.inf)
    low, high = RANGES.get(row["metric"], anything)
    if not low <= number <= high:
        span = f"{low:g} to {high:g}" if math.isfinite(high - low) else (
            f"{high:g} or less" if math.isfinite(high) else f"{low:g} or more"
        )  # fmt: skip
        raise InputError(
            f"{where}, is {row['value']}; expected {span}: write a percentage as a share, and "
            "look whether the metric is the right one"
        )
    if not SAME_ROWS.fullmatch(row["same_rows"]):
        raise InputError(
            f"{where}: same_rows is {row['same_rows']!r}; expected yes, where the number is the "
            "same metric of the same rows, or no and what differs, such as 'no: other reads'"
        )
