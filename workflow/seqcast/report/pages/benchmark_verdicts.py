"""Who leads a benchmark, in words: where no model does, a page says so itself."""

from typing import Any, NamedTuple

import polars as pl

from seqcast.evaluation.metrics.published import ours
from seqcast.evaluation.metrics.table import BASELINE, COMPARED, MINUS
from seqcast.report.pages.rendering import figure

DIFFERENCE, CORRECTED = "_difference", "_difference_p_holm"
LEVEL = 0.05
LEAST_P = 0.001  # below it a p-value is given as such


class _Lead(NamedTuple):
    """How far a model is ahead of a baseline, on the rows that both score."""

    value: float
    low: float | None
    high: float | None
    p: float | None  # corrected

    @property
    def reversed(self) -> "_Lead":
        """How far the baseline is ahead of the model."""
        low, high = (None if end is None else -end for end in (self.high, self.low))
        return _Lead(-self.value, low, high, self.p)


def verdicts(results: pl.DataFrame, metric: str, name: str) -> list[str]:
    """A sentence per part of a benchmark: the best model against the best baseline.

    Parameters
    ----------
    results : DataFrame
        `metrics.table.RESULTS` of one benchmark.
    metric : str
    name : str
        Of the metric, in the sentence.

    Returns
    -------
    list of str
        None of a part without a model or a baseline that has a number. How far one leads is their
        paired difference on the rows that both score; without one they are not compared.
    """
    mine = ours(results).filter(pl.col("value").is_not_null())
    scored = mine.filter(pl.col("metric") == metric, pl.col("origin") != COMPARED)
    found = []
    for (part,), rows in scored.group_by("part", maintain_order=True):
        sides = [
            rows.filter(side).sort("value", descending=True, maintain_order=True).head(1).to_dicts()
            for side in (pl.col("origin") != BASELINE, pl.col("origin") == BASELINE)
        ]
        if all(sides):
            (model,), (baseline,) = sides
            lead = _lead(mine.filter(part=part), model["method"], baseline["method"], metric)
            where = name if part in ("", "all") else f"{name}, {part}"
            found.append(f"{where}: {_sentence(model, baseline, lead)}")
    return found


def _lead(rows: pl.DataFrame, model: str, baseline: str, metric: str) -> _Lead | None:
    """How far the model is ahead; None if the two are not compared."""
    pair = rows.filter(method=model + MINUS + baseline)
    for row in pair.filter(metric=f"{metric}{DIFFERENCE}").iter_rows(named=True):
        p = pair.filter(metric=f"{metric}{CORRECTED}")["value"].to_list()
        return _Lead(row["value"], row["ci_low"], row["ci_high"], p[0] if p else None)
    return None


def _sentence(model: dict[str, Any], baseline: dict[str, Any], lead: _Lead | None) -> str:
    """Who is ahead of whom, and by how much."""
    of_model, of_baseline = (
        f"{one['method']} ({figure(one['value'])})" for one in (model, baseline)
    )
    if lead is None:
        return f"{of_model} and {of_baseline}, the best baseline, have no rows that both score."
    if lead.value == 0:
        return f"{of_model} and {of_baseline}, the best baseline, are equal."
    if lead.value > 0:
        text = f"{of_model} is ahead of the best baseline, {of_baseline}"
        return f"{text}, by {_in_words(lead)}."
    text = f"no model is the best. {of_baseline}, a baseline, is ahead of {of_model}"
    return f"{text}, the best model, by {_in_words(lead.reversed)}."


def _in_words(lead: _Lead) -> str:
    """A lead with its interval and p-value, and whether it is distinguished from none."""
    parts = []
    if lead.low is not None:
        parts.append(f"95 % interval {figure(lead.low)} to {figure(lead.high)}")
    if lead.p is not None:
        number = p_in_words(lead.p)
        sign = "" if number.startswith("<") else "= "
        parts.append(f"p {sign}{number} after Holm's correction")
    told = f" ({'; '.join(parts)})" if parts else ""
    chance = lead.p is not None and lead.p >= LEVEL
    return f"{figure(lead.value)}{told}{', which may be chance' if chance else ''}"


def p_in_words(p: float | None) -> str:
    """A p-value, or below what it is; empty for none."""
    return f"< {LEAST_P}" if p is not None and p < LEAST_P else figure(p)
