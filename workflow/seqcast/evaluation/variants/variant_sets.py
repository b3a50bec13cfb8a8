"""Variants that come in sets (a credible set, a block of linkage): which one of each stands out.

A model does not know linkage: of variants that a study cannot distinguish, it can say which one
changes a gene most, and by how much more than the others.
"""

from pathlib import Path
from typing import NamedTuple

import polars as pl

from seqcast.core.store import read_table, read_tsv, write_tsv
from seqcast.evaluation.variants.labelled_variants import cells_of, told_variants
from seqcast.predict.variants.ranking import VARIANT

# Of the ranking: columns that are taken over; those of nulls are null if it has none.
OF_RANKING = {
    "gene_id": pl.String, "gene_name": pl.String, "mean_abs": pl.Float64, "mean": pl.Float64,
    "fold_sd": pl.Float64, "percentile": pl.Float64, "nulls_below": pl.Int64, "nulls": pl.Int64,
    "null_class": pl.String,
}  # fmt: skip
SEPARATOR = ","  # between the sets of a variant
SETS = {
    "set": pl.String, "variants": pl.Int64, "scored": pl.Int64, "variant": pl.String, **OF_RANKING,
    "second": pl.String, "second_mean_abs": pl.Float64, "median_of_rest": pl.Float64,
    "lead": pl.Float64, "times_median": pl.Float64,
}  # fmt: skip


class SetFiles(NamedTuple):
    """Input of the tables of sets.

    Attributes
    ----------
    variants : path
        The file of variants.
    checked : path
        Table of `check_variants`.
    scores : path
        Score table over folds; its statuses.
    ranked : path
        Of `rank_variants`, all rows.
    labels : path, optional
        A file that says of the variants what their own does not.
    """

    variants: str | Path
    checked: str | Path
    scores: str | Path
    ranked: str | Path
    labels: str | Path | None = None


class SetTables(NamedTuple):
    """A row per set, and a row per variant and set; both TSV."""

    sets: str | Path
    variants: str | Path


def group_variants(files: SetFiles, made: SetTables, key: str) -> None:
    """Write the sets of a file of variants, and its variants by set.

    Parameters
    ----------
    files : SetFiles
    made : SetTables
        See `sets_of` and `members_of`.
    key : str
        Key of INFO, or column, with the name of the set; several comma-separated.

    Raises
    ------
    InputError
        If no variant has the key.
    """
    source = files.labels or files.variants
    told = told_variants(files.variants, source)
    members = members_of(
        told.select("row", set=cells_of(told, key, source)),
        read_table(files.checked),
        read_table(files.scores, ["row", "status"]),
        read_table(files.ranked),
    )
    write_tsv(members, made.variants)
    write_tsv(sets_of(members), made.sets)


def read_sets(path: str | Path) -> pl.DataFrame:
    """Sets that `group_variants` wrote, those that stand out most first."""
    table = read_tsv(path, {name: kind for name, kind in SETS.items() if kind != pl.String})
    return table.sort("lead", descending=True, nulls_last=True, maintain_order=True)


def members_of(
    names: pl.DataFrame, checked: pl.DataFrame, scores: pl.DataFrame, ranked: pl.DataFrame
) -> pl.DataFrame:
    """One row per variant and set, those without a set included, in order of the file.

    Parameters
    ----------
    names : DataFrame
        ``row`` and ``set``, null if there is none.
    checked, scores, ranked : DataFrame
        See `SetFiles`.

    Returns
    -------
    DataFrame
        row, variant, chrom, pos, ref, alt, ``set``, ``status`` (that of the variant), those of
        `OF_RANKING` (null where it is not scored) and ``rank_in_set`` (from 1, by mean_abs; null
        without a set or a score).
    """
    status = scores.group_by("row").agg(
        pl.col("status").sort_by(pl.col("status") != "scored", maintain_order=True).first()
    )
    taken = ranked.unique(VARIANT, keep="first").select(
        *VARIANT,
        *(
            (pl.col(name) if name in ranked.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in OF_RANKING.items()
        ),
    )
    single = names.with_columns(pl.col("set").str.split(SEPARATOR)).explode("set")
    table = checked.select("row", *VARIANT, check="status")
    for other, key in ((status, ["row"]), (taken, VARIANT), (single, ["row"])):
        table = table.join(other, on=key, how="left", maintain_order="left_right")
    rank = pl.col("mean_abs").rank("ordinal", descending=True).over("set")
    has_rank = pl.col("set").is_not_null() & pl.col("mean_abs").is_not_null()
    return table.select(
        "row", *VARIANT, pl.col("set").str.strip_chars(),
        pl.when(pl.col("check") == "valid").then("status").otherwise("check").alias("status"),
        *OF_RANKING, pl.when(has_rank).then(rank).cast(pl.Int64).alias("rank_in_set"),
    )  # fmt: skip


def sets_of(members: pl.DataFrame) -> pl.DataFrame:
    """One row per set, in order of first appearance.

    Parameters
    ----------
    members : DataFrame
        See `members_of`.

    Returns
    -------
    DataFrame
        `SETS`: ``variants`` (rows) and ``scored`` (those with a rank) of the set; ``variant``, the
        strongest; ``second`` and ``second_mean_abs``, the next one; ``lead``, mean_abs less that of
        the second, in its unit; ``median_of_rest``, and ``times_median``, mean_abs over it. Null
        if fewer than two variants are scored.
    """
    size, variant = pl.col("mean_abs"), pl.col("variant")
    ordered = members.filter(pl.col("set").is_not_null()).with_row_index("_order")
    ordered = ordered.with_columns(_first=pl.col("_order").min().over("set"))
    ordered = ordered.sort("_first", "rank_in_set", nulls_last=True, maintain_order=True)
    found = ordered.group_by("set", maintain_order=True).agg(
        *(pl.col(name).first() for name in OF_RANKING),
        variants=pl.len(),
        scored=size.count(),
        variant=pl.when(size.first().is_not_null()).then(variant.first()),
        second=pl.when(size.count() > 1).then(variant.get(1, null_on_oob=True)),
        second_mean_abs=size.get(1, null_on_oob=True),
        median_of_rest=size.slice(1).median(),
    )
    median = pl.col("median_of_rest")
    found = found.with_columns(
        lead=size - pl.col("second_mean_abs"),
        times_median=pl.when(median > 0).then(size / median),
    )
    return found.select(pl.col(name).cast(kind) for name, kind in SETS.items())
