"""Bases of mutagenesis maps against the elements that were planted there."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.measures import BASES, Measured, separation
from seqcast.predict.maps.effect_maps import SCORED

ACTING = ("ARE", "PUM", "MIR", "STB", "PAS")  # elements that change decay or polyadenylation
REGION = "utr3"  # where they do; elsewhere they are decoys
ELEMENT, OTHER = "element", "other"
COLUMNS = {
    "chrom": pl.String, "pos": pl.Int64, "ref": pl.String, "gene_id": pl.String,
    "tracks": pl.String, "status": pl.String, "importance": pl.Float64,
    "importance_sd": pl.Float64, "planted": pl.String, "kind": pl.String,
}  # fmt: skip


def read_elements(path: str | Path) -> pl.DataFrame:
    """Planted features, as `simulate.truth_tables.element_table` has them.

    Raises
    ------
    InputError
        If columns are missing.
    """
    table = pl.read_csv(path, separator="\t")
    needed = ["chrom", "start", "end", "gene_id", "element", "region"]
    if missing := [name for name in needed if name not in table.columns]:
        raise InputError(
            f"{path} has no columns {missing}; expected the elements of a simulated genome "
            "(elements.tsv). Simulate it again."
        )
    return table


def compare_bases(
    bases: pl.DataFrame, elements: pl.DataFrame, held_out: Collection[str]
) -> pl.DataFrame:
    """Bases of maps with what was planted at each.

    Parameters
    ----------
    bases : DataFrame
        `EffectMap.bases` of some maps; those of the first group of tracks count.
    elements : DataFrame
        Of `read_elements`.
    held_out : collection of str
        Contigs that no fold was trained on; bases elsewhere are left out.

    Returns
    -------
    DataFrame
        `COLUMNS`: ``planted`` is the feature of the map's gene that holds the base, null without
        one; ``kind`` is "element" in one of the `ACTING` in a 3' UTR, otherwise "other".
    """
    first = bases.filter(pl.col("tracks") == pl.col("tracks").first())
    planted = elements.select("chrom", "gene_id", "start", "end", planted="element", where="region")
    found = first.filter(pl.col("chrom").is_in(list(held_out))).join(
        planted, on=["chrom", "gene_id"], how="left", maintain_order="left"
    )
    holds = (pl.col("pos") > pl.col("start")) & (pl.col("pos") <= pl.col("end"))
    acts = holds & pl.col("planted").is_in(ACTING) & (pl.col("where") == REGION)
    kind = pl.when(acts).then(pl.lit(ELEMENT)).otherwise(pl.lit(OTHER))
    per_base = found.with_columns(kind=kind, planted=pl.when(holds).then("planted"))
    ordered = per_base.sort("chrom", "gene_id", "pos", "kind", "planted", nulls_last=True)
    once = ordered.unique(["chrom", "gene_id", "pos"], keep="first", maintain_order=True)
    return once.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def recovered_elements(table: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """How well the magnitude of a base's importance tells acting elements from all other bases.

    Of all, of each element against bases of no feature, and of features that do nothing in the
    simulation; ``map_auroc`` and ``map_average_precision``.

    Parameters
    ----------
    table : DataFrame
        Of `compare_bases`.
    how : Resampling
        Of the intervals, over genes.
    """
    scored = table.filter(status=SCORED)
    note = "bases by |importance|; others hold features without an effect, too"
    yield from _separated(scored, BASES, how, note)
    plain = scored.filter(pl.col("planted").is_null())
    for name in scored["planted"].drop_nulls().unique().sort():
        own = scored.filter(planted=name).with_columns(kind=pl.lit(ELEMENT))
        without = "" if name in ACTING else "without an effect in the simulation; "
        told = f"{without}against bases of no feature"
        yield from _separated(pl.concat([own, plain]), f"bases of {name}", how, told)


def _separated(rows: pl.DataFrame, group: str, how: Resampling, note: str) -> Iterator[Measured]:
    for found in separation(rows, ELEMENT, group, how, "importance", note):
        yield replace(found, measure=f"map_{found.measure}")
