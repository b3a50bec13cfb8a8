"""How unusual each score is among null variants of its class.

Scores count by their magnitude, the mean over tracks of |score|, by which variants are ranked: both
directions are as unusual. Of n nulls of a class, b smaller and n - b at least as large,

- the exceedance is (n - b + 1) / (n + 1): the variant counts among them, and it is never 0;
- the percentile is 100 b / (n + 1), and never 100;
- the interval of the exceedance is Wilson's of n - b in n. As one null variant
  comes with several genes, which is no new evidence, both are scaled to the number of variants.

Of a null variant, exceedances are spread evenly between 0 and 1.
"""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, read_table, write_chunks
from seqcast.genome.annotation import Annotation, read_annotation
from seqcast.predict.nulls.null_classes import CLASSES, Ladder, Members, classify, exceedance
from seqcast.predict.nulls.null_tables import (
    DEFINITION,
    IDENTITY,
    Nulls,
    read_lengths,
    read_scores,
    reduced,
)

COMPARED, TOO_FEW = "compared", "too_few_nulls"
STATUSES = {
    COMPARED: "has percentiles, of the scores that it has",
    TOO_FEW: "there are fewer null variants than a percentile needs, in all classes together",
}
NUMBERS = {
    "percentile": pl.Float64, "exceedance": pl.Float64, "exceedance_low": pl.Float64,
    "exceedance_high": pl.Float64, "nulls": pl.Int64, "nulls_below": pl.Int64,
    "null_class": pl.String,
}  # fmt: skip
REPORTED = ("percentile", "exceedance", "nulls", "nulls_below", "null_class")
Z = 1.959963984540054  # of the normal distribution: 2.5 % are beyond it at either end


class PercentileFiles(NamedTuple):
    """Files of scores, and of the nulls that they are compared with; as of `NullFiles`."""

    scores: str | Path
    tracks: str | Path
    annotation: str | Path
    contigs: str | Path
    nulls: str | Path


def write_percentiles(files: PercentileFiles, output: str | Path, facts: Mapping[str, Any]) -> None:
    """Write the percentiles of a table of scores, row by row; it is never held as a whole.

    Parameters
    ----------
    files : PercentileFiles
    output : path
        The place of each row (`IDENTITY`) and `percentiles`.
    facts : mapping
        Provenance.

    Raises
    ------
    InputError
        If the scores were made in another way than those of the nulls.
    """
    nulls, made = Nulls.read(files.nulls), read_provenance(files.scores)
    nulls.check(made, read_lengths(files.contigs))
    groups, annotation = nulls.selected(read_table(files.tracks)), read_annotation(files.annotation)
    parts = (
        pl.concat(
            [frame.select(IDENTITY), percentiles(frame, annotation, nulls, groups)],
            how="horizontal",
        )
        for frame in read_scores(files.scores, nulls.definition["scores"])
    )
    first = next(parts)
    told = {**made, **facts, "nulls": nulls.name, DEFINITION: nulls.definition}
    write_chunks(chain([first], parts), first.schema, output, told)


def add_percentiles(
    scores: pl.DataFrame, facts: Mapping[str, Any], tracks: pl.DataFrame, annotation: Annotation,
    contigs: Mapping[str, int], nulls: Nulls,
) -> pl.DataFrame:  # fmt: skip
    """A table of scores with its percentiles behind.

    Parameters
    ----------
    scores : DataFrame
        Of genes, mean of the folds.
    facts : mapping
        Their provenance.
    tracks : DataFrame
        Their tracks.
    annotation : Annotation
        The genes that were scored.
    contigs : mapping of str to int
        Lengths of the contigs of their genome.
    nulls : Nulls

    Raises
    ------
    InputError
        If the scores were made in another way than those of the nulls.
    """
    nulls.check(facts, contigs)
    found = percentiles(scores, annotation, nulls, nulls.selected(tracks))
    own = [name for name in found.columns if name not in scores.columns]
    return pl.concat([scores, found.select(own)], how="horizontal")


def percentiles(
    scores: pl.DataFrame, annotation: Annotation, nulls: Nulls, groups: Mapping[str, np.ndarray]
) -> pl.DataFrame:
    """Percentiles of scores among nulls.

    Parameters
    ----------
    scores : DataFrame
        Of genes.
    annotation : Annotation
    nulls : Nulls
    groups : mapping
        `Nulls.selected` of the tracks of the scores.

    Returns
    -------
    DataFrame
        One row per row: `CLASSES`; ``null_status`` (of `STATUSES`, or why the row has no score);
        and, for each score and group of the nulls, `NUMBERS` behind ``<score>_``, with ``_<group>``
        at their end unless its name is empty: among how many nulls of which class how many are
        smaller. The class is the narrowest with enough variants. Null without a score.
    """
    classes = classify(scores, annotation, nulls.definition["distances_bp"])
    values = reduced(scores, nulls.columns, groups)
    enough = nulls.definition["variants"] >= nulls.definition["min_variants"]
    scored = pl.col("status") == "scored"
    status = scores.select(
        null_status=pl.when(scored)
        .then(pl.lit(COMPARED if enough else TOO_FEW))
        .otherwise("status")
    )
    tables = [
        _of_score(values[name], classes, nulls.ladders[name]).select(
            pl.col(part).alias(number_name(part, *place)) for part in NUMBERS
        )
        for name, place in nulls.columns.items()
    ]
    return pl.concat([classes, status, *tables], how="horizontal")


def number_name(part: str, score: str, group: str = "") -> str:
    """Column of one of `NUMBERS`."""
    return f"{score}_{part}_{group}" if group else f"{score}_{part}"


def read_percentiles(path: str | Path, scores: pl.DataFrame) -> pl.DataFrame:
    """What `write_percentiles` wrote of a table of scores, without the place of each row.

    A column ``nulls`` names the nulls, the same in each row.

    Raises
    ------
    InputError
        If it is of other rows.
    """
    table = read_table(path)
    rows = ["row", "gene_id", "status"]
    if not table.select(rows).equals(scores.select(rows)):
        raise InputError(
            f"{path} has other rows than the scores; expected percentiles of the same table. "
            "Delete it and run again"
        )
    return table.drop(IDENTITY).with_columns(nulls=pl.lit(read_provenance(path)["nulls"]))


def reported(percentiles: pl.DataFrame, score: str) -> pl.DataFrame:
    """What rankings and VCF files show: ``consequence`` and, of one score, `REPORTED`.

    Without columns where the score has no percentiles over the tracks that are reported.
    """
    columns = {name: number_name(name, score) for name in REPORTED}
    if not set(columns.values()) <= set(percentiles.columns):
        return percentiles.select()
    return percentiles.select("consequence", **columns)


def in_words(below: int, nulls: int, null_class: str) -> str:
    """A place among nulls: "larger than 412 of 430 nulls (coding, utr3)", "> 430 of 430 nulls"."""
    told = f"> {nulls:,} of" if below == nulls else f"larger than {below:,} of"
    return f"{told} {nulls:,} nulls ({null_class})"


def _of_score(values: pl.Series, classes: pl.DataFrame, ladder: Ladder) -> pl.DataFrame:
    """`NUMBERS` of one score."""
    x = values.to_numpy()
    numbers = {name: np.full(len(x), np.nan) for name in list(NUMBERS)[:-1]}
    names = np.full(len(x), None, dtype=object)
    known = classes.with_row_index("at").filter(values.is_not_null())
    for key, group in known.group_by(*CLASSES):
        if found := ladder.narrowest(key):
            at = group["at"].to_numpy()
            names[at] = found[0]
            for name, part in _numbers(x[at], found[1]).items():
                numbers[name][at] = part
    return pl.DataFrame({**numbers, "null_class": names}).select(
        pl.col(name).fill_nan(None).cast(kind) if kind.is_numeric() else pl.col(name).cast(kind)
        for name, kind in NUMBERS.items()
    )


def _numbers(x: np.ndarray, nulls: Members) -> dict[str, np.ndarray]:
    """All but the name of the class."""
    n = len(nulls.values)
    below = np.searchsorted(nulls.values, x, side="left")
    low, high = interval((n - below) * nulls.variants / n, nulls.variants)
    return {
        "percentile": 100 * below / (n + 1),
        "exceedance": exceedance(below, n),
        "exceedance_low": low,
        "exceedance_high": high,
        "nulls": np.full(len(x), n),
        "nulls_below": below,
    }


def interval(hits: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of a fraction by Wilson's score; hits need not be whole."""
    share, z2 = hits / n, Z**2 / n
    half = np.sqrt(z2 * (share * (1 - share) + z2 / 4))
    middle = share + z2 / 2
    return np.maximum(middle - half, 0) / (1 + z2), np.minimum(middle + half, 1 + z2) / (1 + z2)
