"""Score tables of models of coverage and of models of mRNAs, joined by ALT and gene."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.store import array_columns, read_provenance, read_table
from seqcast.genome.variants import REASONS
from seqcast.predict.variants.ranking import VARIANT, describe_tracks, reduce_score, select_tracks

# Of an ALT with rows of several statuses, the one that says most of it.
FIRST = ("scored", "prediction_not_finite", "too_long", "transcript_unusable", "splice_boundary")
ABOUT = ("model", "fold", "origin", "same_weights")  # of provenance
TRANSCRIPT = ["transcript_id", "region", "consequence"]
GENE = ["gene_id", "gene_name", "distance_to_tss_bp"]


@dataclass(frozen=True)
class Scored:
    """The score table of a model over its folds.

    Attributes
    ----------
    model : str
    table : DataFrame
        One row or more an ALT, in input order, each with a status.
    tracks : DataFrame or None
        The track table of a model of coverage; None for a model of mRNAs, whose scores are single
        numbers.
    """

    model: str
    table: pl.DataFrame
    tracks: pl.DataFrame | None = None

    @property
    def score_names(self) -> list[str]:
        """Columns that hold scores, spreads over folds left out."""
        return [name for name in array_columns(self.table) if not name.endswith("_sd")]

    def tracks_in_words(self, tracks_like: str | None = None) -> str:
        """Which of its tracks match a pattern, or all; empty for a model of mRNAs."""
        if self.tracks is None:
            return ""
        n_selected = len(select_tracks(self.tracks, tracks_like))
        return describe_tracks(n_selected, len(self.tracks), tracks_like)


def read_scored(
    models: Sequence[str], tables: Sequence[str | Path], tracks: Sequence[str | Path] = ()
) -> tuple[list[Scored], dict[str, Any]]:
    """Score tables of models of one kind, and model to what its table's provenance says of it.

    Parameters
    ----------
    models : sequence of str
    tables : sequence of path
        The score table over folds of each.
    tracks : sequence of path
        The track table of each, for models of coverage.

    Returns
    -------
    list of Scored
    dict
        Model to `ABOUT`, as far as it is recorded.
    """
    scored = [
        Scored(model, read_table(path), read_table(tracks[i]) if tracks else None)
        for i, (model, path) in enumerate(zip(models, tables, strict=True))
    ]
    facts = [read_provenance(path) for path in tables]
    about = [{name: made[name] for name in ABOUT if name in made} for made in facts]
    return scored, dict(zip(models, about, strict=True))


def compare_models(
    coverage: Sequence[Scored],
    mrna: Sequence[Scored],
    score: str = "logSED",
    tracks_like: str | None = None,
) -> pl.DataFrame:
    """One row per ALT and gene of the transcripts, with what each model says of it.

    Parameters
    ----------
    coverage : sequence of Scored
        Models of coverage, one or more.
    mrna : sequence of Scored
        Models of mRNAs, one or more, scored in the same transcripts.
    score : str
        Of the models of coverage.
    tracks_like : str, optional
        Regular expression on track descriptions: the tracks to average over. Default: all.

    Returns
    -------
    DataFrame
        row, variant, chrom, pos, ref, alt, gene_id, gene_name, transcript_id, region, consequence,
        distance_to_tss_bp; for each model of coverage ``<model>.status``,
        ``<model>.<score>_mean_abs`` (mean over tracks of |score|) and ``<model>.<score>_mean``
        (signed); for each model of mRNAs ``<model>.status`` and ``<model>.<name>`` of each of its
        scores. Of a gene's transcripts the one that the first model of mRNAs says changes most
        (L2_mean) stands for it. An ALT in no transcript has one row, with the gene that the first
        model of coverage says it changes most, if any. Where the gene is not among those that a
        model of coverage scored the ALT for, its status there is no_gene_in_window.

    Raises
    ------
    ValueError
        If the tables do not have the same ALTs, or those of mRNAs other transcripts.
    InputError
        If `tracks_like` matches no track.
    """
    _check_rows([*coverage, *mrna], mrna)
    table = _strongest_transcripts(mrna)
    genes = [_gene_effects(scored, score, tracks_like) for scored in coverage]
    strongest = _first_of_alt(genes[0], "mean_abs")
    table = table.join(strongest.select("row", *GENE), on="row", how="left", suffix="_other")
    table = table.with_columns(pl.coalesce(name, f"{name}_other") for name in GENE)
    for scored, effects in zip(coverage, genes, strict=True):
        table = _join_coverage(table, effects, scored.model, score)
    columns = ["row", *VARIANT, *GENE[:2], *TRANSCRIPT, GENE[2]]
    of_models = [
        c for s in (*coverage, *mrna) for c in table.columns if c.startswith(f"{s.model}.")
    ]
    return table.select(*columns, *of_models)


def count_statuses(scored: Sequence[Scored]) -> pl.DataFrame:
    """How many ALTs have each status, one column per model.

    Returns
    -------
    DataFrame
        ``status`` and a count for each model; "scored" first, then the most frequent. An ALT with
        rows of several statuses counts once, "scored" if any of them is. Columns add up to the
        number of ALTs.
    """
    counts = pl.DataFrame(schema={"status": pl.String})
    for found in scored:
        statuses = _first_of_alt(found.table)["status"].value_counts(name=found.model)
        counts = counts.join(statuses, on="status", how="full", coalesce=True)
    counts = counts.fill_null(0).with_columns(pl.exclude("status").cast(pl.Int64))
    most = pl.max_horizontal(pl.exclude("status"))
    return counts.sort(
        (pl.col("status") == "scored"), most, "status", descending=[True, True, False]
    )


def _check_rows(all_scored: Sequence[Scored], mrna: Sequence[Scored]) -> None:
    """Stop where two models were not scored on the same ALTs and transcripts."""
    first, *others = all_scored
    alts = first.table.select("row", *VARIANT).unique().sort("row")
    for other in others:
        if not other.table.select("row", *VARIANT).unique().sort("row").equals(alts):
            raise ValueError(f"{first.model} and {other.model} were scored on other ALTs")
    keys = ["row", "transcript_id"]
    for other in mrna[1:]:
        if not other.table.select(keys).equals(mrna[0].table.select(keys)):
            raise ValueError(f"{mrna[0].model} and {other.model} were scored in other transcripts")


def _strongest_transcripts(mrna: Sequence[Scored]) -> pl.DataFrame:
    """One row per ALT and gene: of its transcripts the one that changes most, in input order."""
    first = mrna[0].table
    table = first.select("row", *VARIANT, *GENE, *TRANSCRIPT)
    for scored in mrna:
        numbers = [
            pl.Series(f"{scored.model}.{name}", _numbers(scored.table[name]))
            for name in scored.score_names
        ]
        status = scored.table["status"].alias(f"{scored.model}.status")
        table = table.with_columns(status, *numbers)
    strongest = pl.col(f"{mrna[0].model}.L2_mean")
    return (
        table.with_row_index("order")
        .sort(_priority(f"{mrna[0].model}.status"), -strongest, "order", nulls_last=True)
        .unique(["row", "gene_id"], keep="first", maintain_order=True)
        .sort("order")
        .drop("order")
    )


def _numbers(column: pl.Series) -> pl.Series:
    """A column of lists of one number as a column of numbers, null if there is none."""
    return column.arr.first()


def _gene_effects(scored: Scored, score: str, tracks_like: str | None) -> pl.DataFrame:
    """Of a score table of coverage: row, gene, status, mean_abs and mean over the tracks."""
    assert scored.tracks is not None
    numbers = reduce_score(scored.table, score, select_tracks(scored.tracks, tracks_like))
    return scored.table.select("row", *GENE, "status").hstack(numbers.select("mean_abs", "mean"))


def _join_coverage(
    table: pl.DataFrame, effects: pl.DataFrame, model: str, score: str
) -> pl.DataFrame:
    """Add what a model of coverage says of the gene of each row."""
    of_gene = effects.select(
        "row", "gene_id",
        **{f"{model}.status": pl.col("status")},
        **{f"{model}.{score}_{name}": pl.col(name) for name in ("mean_abs", "mean")},
    ).unique(["row", "gene_id"], keep="first", maintain_order=True)  # fmt: skip
    of_alt = _first_of_alt(effects).select("row", of_alt="status")
    table = table.join(of_gene, on=["row", "gene_id"], how="left", maintain_order="left")
    table = table.join(of_alt, on="row", how="left", maintain_order="left")
    elsewhere = pl.when(pl.col("of_alt") == "scored").then(pl.lit("no_gene_in_window"))
    status = pl.coalesce(f"{model}.status", elsewhere.otherwise("of_alt"))
    return table.with_columns(status.alias(f"{model}.status")).drop("of_alt")


def _first_of_alt(table: pl.DataFrame, largest: str | None = None) -> pl.DataFrame:
    """One row per ALT: that of the first status, and among those the largest of a column."""
    order = [_priority("status"), *([-pl.col(largest)] if largest else [])]
    return (
        table.sort(order, nulls_last=True, maintain_order=True)
        .unique("row", keep="first", maintain_order=True)
        .sort("row")
    )


def _priority(column: str) -> pl.Expr:
    """Place of a status in `FIRST`, then in `REASONS`."""
    order = dict.fromkeys((*FIRST, *REASONS))
    return pl.col(column).replace_strict({name: i for i, name in enumerate(order)})
