"""HTML page of null variants: what exactly they are, and whether percentiles are right."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from seqcast.core.provenance import model_in_words
from seqcast.predict.nulls.null_classes import CLASSES
from seqcast.predict.nulls.null_tables import Nulls
from seqcast.report.pages.benchmark_verdicts import LEVEL
from seqcast.report.pages.rendering import UNDESCRIBED, count, figure, render


def nulls_html(
    nulls: Nulls, calibration: pl.DataFrame, descriptions: Mapping[str, str] = UNDESCRIBED
) -> str:
    """The page of the nulls of one model.

    Parameters
    ----------
    nulls : Nulls
    calibration : DataFrame
        `null_calibration.CALIBRATION`.
    descriptions : mapping, optional
        Model to what the table of models says of it.

    Returns
    -------
    str
        A whole HTML document.
    """
    definition = nulls.definition
    return render(
        "nulls.html",
        {"figure": figure, "count": count, "value": _value},
        name=nulls.name,
        definition=definition,
        model=model_in_words(definition),
        digest=definition["sha256"] or "not recorded",
        made_by=definition["made_by"],
        classes=_classes(nulls.table),
        calibration=calibration.to_dicts(),
        significant=LEVEL,
        descriptions=descriptions,
    )


def _classes(table: pl.DataFrame) -> list[dict[str, Any]]:
    """How many variants, and pairs with a gene, each class has; the largest first."""
    counted = table.group_by(*CLASSES).agg(variants=pl.col("row").n_unique(), pairs=pl.len())
    return counted.sort("variants", *CLASSES, descending=[True, False, False, False]).to_dicts()


def _value(setting: Any) -> str:
    """A setting of the definition as text; of digests their beginning."""
    if isinstance(setting, list):
        return ", ".join(map(_value, setting)) or "none"
    if isinstance(setting, bool) or setting is None:
        return {True: "yes", False: "no", None: "none"}[setting]
    return str(setting)[:16]
