"""What the view of a variant says besides its scores: half-lives, other models, a map around it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from seqcast.predict.maps.effect_maps import BASES
from seqcast.report.run_page.allele_rows import DIGITS, FURTHER

GENE_ROW = ["row", "gene_id"]
AROUND_BP = 60  # bases of a map at each side of a variant
LIFE = (
    "course", "status", "ref_half_life_h", "alt_half_life_h", "delta_log2_half_life",
    "delta_log2_half_life_sd",
)  # fmt: skip


class Details(NamedTuple):
    """Tables of a scored set, each of which a run may lack.

    Attributes
    ----------
    half_lives : DataFrame, optional
        As `half_life_effects.half_life_effects` returns it.
    models : DataFrame, optional
        scores of all models next to each other (`cross_model.with_calls`).
    bases : DataFrame, optional
        Bases of the mutagenesis maps by the model of the set (`effect_maps.EffectMap.bases`).
    """

    half_lives: pl.DataFrame | None = None
    models: pl.DataFrame | None = None
    bases: pl.DataFrame | None = None


def with_details(scores: pl.DataFrame, of: Details) -> pl.DataFrame:
    """Scores with the columns of their details that a table of ALT alleles shows.

    Parameters
    ----------
    scores : DataFrame
        One row per ALT allele and gene; a column that they have is not replaced.
    of : Details

    Returns
    -------
    DataFrame
        With columns of `FURTHER`; half-lives are of the first time course.
    """
    return with_columns_of(
        scores, [table for table in (of.half_lives, of.models) if table is not None]
    )


def with_columns_of(scores: pl.DataFrame, tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Scores with the columns of `FURTHER` that tables have of their rows.

    Parameters
    ----------
    scores : DataFrame
    tables : sequence of DataFrame
        Of those with the columns `GENE_ROW`, the first row of each; of two columns of one name, the
        first counts.
    """
    for one in tables:
        if set(GENE_ROW) <= set(one.columns) & set(scores.columns):
            new = [name for name in FURTHER if name in one.columns and name not in scores.columns]
            first = one.select(*GENE_ROW, *new).unique(GENE_ROW, keep="first", maintain_order=True)
            scores = scores.join(first, on=GENE_ROW, how="left", maintain_order="left")
    return scores


def variant_details(rows: pl.DataFrame, key: Sequence[str], of: Details) -> dict[str, Any]:
    """Place in the page to what is known of its ALT allele in the gene that it changes most.

    Parameters
    ----------
    rows : DataFrame
        ``place_in_page``, `key`, chrom, pos (1-based) and gene_id.
    key : sequence of str
        Of `allele_rows.allele_key`.
    of : Details

    Returns
    -------
    dict
        To ``half_lives``, a list per course (`LIFE`); ``models``, one dict per model: ``model``,
        ``status``, ``percentile`` and ``scores``; and ``map``: ``start``, 0-based, ``ref``, a base
        each, ``importance`` and the ``effects`` of A, C, G and T. Only what there is.
    """
    found: dict[str, dict[str, Any]] = {}
    if of.half_lives is not None:
        lives = of.half_lives.select(*key, "gene_id", *LIFE)
        for place, life in _joined(rows, lives, [*key, "gene_id"]):
            told = [_short(life[name]) for name in LIFE]
            found.setdefault(place, {}).setdefault("half_lives", []).append(told)
    if of.models is not None:
        for place, row in _joined(rows, of.models, [*key, "gene_id"]):
            found.setdefault(place, {})["models"] = _by_model(row)
    if of.bases is not None:
        for row in rows.drop_nulls(["pos", "gene_id"]).iter_rows(named=True):
            if around := _map_around(of.bases, row):
                found.setdefault(str(row["place_in_page"]), {})["map"] = around
    return found


def _joined(
    rows: pl.DataFrame, table: pl.DataFrame, on: Sequence[str]
) -> list[tuple[str, dict[str, Any]]]:
    """Rows of a table that belong to places in the page."""
    places = rows.select("place_in_page", *on)
    joined = places.join(table, on=on, how="inner", maintain_order="left_right")
    return [(str(row["place_in_page"]), row) for row in joined.iter_rows(named=True)]


def _by_model(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each model says of an ALT allele, from a row with their names before its columns."""
    models = [name.removesuffix(".status") for name in row if name.endswith(".status")]
    return [
        {
            "model": model, "status": row[f"{model}.status"],
            "percentile": _short(row.get(f"{model}.percentile")),
            "scores": {
                name.removeprefix(f"{model}."): _short(value) for name, value in row.items()
                if name.startswith(f"{model}.") and isinstance(value, float)
                and not name.endswith(".percentile")
            },
        }
        for model in models
    ]  # fmt: skip


def _map_around(bases: pl.DataFrame, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The map of the gene around a variant that lies in it, of the first group of tracks."""
    own = bases.filter(chrom=row["chrom"], gene_id=row["gene_id"])
    own = own.filter(pl.col("tracks") == pl.col("tracks").first(),
                     pl.col("region") == pl.col("region").first())  # fmt: skip
    if row["pos"] not in own["pos"]:
        return None
    low, high = row["pos"] - AROUND_BP, row["pos"] + AROUND_BP
    near = own.filter(pl.col("pos").is_between(low, high)).sort("pos")
    return {
        "start": near["pos"][0] - 1, "ref": near["ref"].to_list(), "tracks": near["tracks"][0],
        "importance": [_short(value) for value in near["importance"]],
        "effects": {base: [_short(value) for value in near[base]] for base in BASES},
    }  # fmt: skip


def _short(value: Any) -> Any:
    """A number with as many digits as a page shows."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
