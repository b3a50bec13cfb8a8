"""The ALT alleles of score tables, one row each: what a page lists, sorts and searches."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from seqcast.predict.variants.ranking import (
    GENE,
    LEVELS,
    VARIANT,
    levels,
    reduce_score,
    select_tracks,
    strongest_rows,
)

MOST_ROWS = 100_000  # of a page; of more, one row per gene and one per status
DIGITS = 4  # significant, of numbers in the page


class Column(NamedTuple):
    """A column of the page's table.

    Attributes
    ----------
    field, title, meaning : str
    kind : {"text", "choice", "number", "signed", "whole"}
        A choice is one of few values, which a filter lists.
    """

    field: str
    title: str
    kind: str
    meaning: str


COLUMNS = (
    Column("variant", "Variant", "text", "ID in the file, or chrom_pos_ref_alt"),
    Column("place", "Position", "text", "contig and 1-based position"),
    Column("change", "Change", "text", "REF and ALT"),
    Column("gene", "Gene", "text", "the gene that changes most"),
    Column("effect", "Effect", "signed", "mean score over the tracks, ALT minus REF"),
    Column("fold_sd", "Fold SD", "number", "standard deviation over the folds of the model"),
    Column("low", "Low", "signed", "90 % interval of the true effect, lower end"),
    Column("high", "High", "signed", "90 % interval of the true effect, upper end"),
    Column("fold_sign", "Sign in folds", "choice", "agreed, or open where the spread is too large"),
    Column("percentile", "Percentile", "number", "of the nulls of its class, by magnitude"),
    Column("nulls", "Nulls", "whole", "nulls behind the percentile"),
    Column("null_class", "Class of nulls", "text", "what the nulls have in common with it"),
    Column("ref_level", "REF level", "number", "predicted coverage of the gene's exons with REF"),
    Column("alt_level", "ALT level", "number", "predicted coverage of the gene's exons with ALT"),
    Column("ref_half_life_h", "Half-life REF (h)", "number", "of the gene, first time course"),
    Column("alt_half_life_h", "Half-life ALT (h)", "number", "of the gene, first time course"),
    Column("delta_log2_half_life", "Half-life change", "signed", "log2 of ALT over REF"),
    Column("region", "Region", "choice", "part of the mRNA"),
    Column("consequence", "Consequence", "choice", "what the variant does to the mRNA"),
    Column("distance_to_tss_bp", "To TSS (bp)", "whole", "positive downstream of the TSS"),
    Column("strongest_track", "Strongest track", "text", "track with the greatest magnitude"),
    Column("strongest_value", "Value there", "signed", "score of that track"),
    Column("status", "Status", "choice", "scored, or the reason why not"),
    Column("alleles", "ALT alleles", "whole", "ALT alleles that the row stands for"),
    Column("gene_id", "Gene ID", "text", "as in the annotation"),
    Column("dataset", "Dataset", "choice", "dataset of the run"),
    Column("model", "Model", "choice", "model of the run"),
    Column("size", "Magnitude", "number", "mean magnitude over the tracks, which orders the rows"),
)  # fmt: skip
# Columns that not all score tables have; those of a score are named after it in some.
FURTHER = (
    "percentile", "nulls", "null_class", "consequence", "region", "fold_sign", "low", "high",
    "ref_half_life_h", "alt_half_life_h", "delta_log2_half_life",
)  # fmt: skip


class ScoredSet(NamedTuple):
    """The scores of a dataset by a model, mean over its folds.

    Attributes
    ----------
    dataset, model : str
    scores : DataFrame
        One row per ALT allele and gene, as `ensemble.average_scores` returns it, perhaps with
        columns of `FURTHER`, with or without the score and _ before them.
    tracks : DataFrame
        Its track table.
    """

    dataset: str
    model: str
    scores: pl.DataFrame
    tracks: pl.DataFrame


def needed(columns: Sequence[str], score: str) -> list[str]:
    """Those columns of a score table that a page takes."""
    wanted = [
        "row", *VARIANT, *GENE, "status", score, f"{score}_sd", *LEVELS.values(),
        *FURTHER, *(f"{score}_{name}" for name in FURTHER),
    ]  # fmt: skip
    return [name for name in wanted if name in columns]


def allele_key(scores: pl.DataFrame) -> list[str]:
    """Columns that tell the ALT alleles of a score table apart."""
    return ["row"] if "row" in scores.columns else VARIANT


def allele_rows(one: ScoredSet, score: str, tracks_like: str | None = None) -> pl.DataFrame:
    """One row per ALT allele, with the gene that it changes most.

    Parameters
    ----------
    one : ScoredSet
    score : str
    tracks_like : str, optional
        Regular expression on descriptions: the tracks to average over. Default: all.

    Returns
    -------
    DataFrame
        Fields of `COLUMNS` as far as the scores have them, `VARIANT`, and ``row`` where the scores
        have it; by falling ``size``, alleles without a score last, in input order.
    """
    scores, selected = one.scores, select_tracks(one.tracks, tracks_like)
    reduced = pl.concat([scores, reduce_score(scores, score, selected)], how="horizontal")
    best = strongest_rows(reduced, allele_key(scores))
    best = best.sort("mean_abs", descending=True, nulls_last=True, maintain_order=True)
    further = {
        name: pl.col(column)
        for name in FURTHER
        for column in (name, f"{score}_{name}")
        if column in best.columns
    }
    return best.select(
        *(name for name in ["row"] if name in best.columns), *VARIANT, *GENE, "status",
        dataset=pl.lit(one.dataset), model=pl.lit(one.model),
        place=pl.format("{}:{}", "chrom", "pos"), change=pl.format("{}>{}", "ref", "alt"),
        gene=pl.coalesce("gene_name", "gene_id"), effect="mean", size="mean_abs", fold_sd="sd",
        strongest_track=one.tracks["description"].gather(best["top_at"]), strongest_value="top",
        **further, **levels(best, selected).to_dict(),
    )  # fmt: skip


def listed_rows(tables: Sequence[pl.DataFrame], most: int = MOST_ROWS) -> pl.DataFrame:
    """The rows that a page lists: all of them, or a summary that counts all of them.

    Parameters
    ----------
    tables : sequence of DataFrame
        Of `allele_rows`.
    most : int
        If there are more rows, the strongest ALT allele of each gene stands for the others of its
        gene, and alleles without a score are one row for each status.

    Returns
    -------
    DataFrame
        By falling ``size``; of a summary, with ``alleles``, which add up to all rows.
    """
    rows = pl.concat(tables, how="diagonal").sort(
        "size", descending=True, nulls_last=True, maintain_order=True
    )
    if len(rows) <= most:
        return rows
    of_gene = ["dataset", "model", "gene_id"]
    scored = rows.filter(pl.col("size").is_not_null())
    strongest = scored.with_columns(alleles=pl.len().over(of_gene)).unique(
        of_gene, keep="first", maintain_order=True
    )
    others = rows.filter(pl.col("size").is_null())
    counted = others.group_by("dataset", "model", "status", maintain_order=True).agg(
        alleles=pl.len()
    )
    return pl.concat([strongest, counted.with_columns(pl.col("alleles").cast(pl.UInt32))],
                     how="diagonal_relaxed")  # fmt: skip


def table_data(rows: pl.DataFrame) -> dict[str, Any]:
    """Rows as JSON has them, column by column; those that say nothing are left out.

    Returns
    -------
    dict
        ``columns``: `COLUMNS` as dicts. ``values``: field to its values. Texts are a list of the
        distinct ones under ``texts`` and one place in it per row.
    """
    told = [name for name in rows.columns if rows[name].count() > 0]
    if {"region", "consequence"} <= set(told) and rows["region"].equals(rows["consequence"]):
        told.remove("region")
    shown = [one for one in COLUMNS if one.field in told]
    values, texts = {}, {}
    for one in shown:
        column = rows[one.field]
        if column.dtype == pl.String:
            known = column.fill_null("").unique(maintain_order=True)
            places = column.fill_null("").cast(pl.Enum(known)).to_physical()
            texts[one.field], values[one.field] = known.to_list(), places.to_list()
        else:
            values[one.field] = _plain(column)
    columns = [one._asdict() for one in shown]
    return {"columns": columns, "values": values, "texts": texts, "length": len(rows)}


def _plain(column: pl.Series) -> list[Any]:
    """Numbers with as many digits as a page shows, null where undefined."""
    if column.dtype.is_float():
        column = column.round_sig_figs(DIGITS).fill_nan(None)
        finite = column.is_infinite().fill_null(False)
        return [None if bad else value for value, bad in zip(column.to_list(), finite, strict=True)]
    return column.to_list()
