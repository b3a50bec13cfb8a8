"""How far attributions by gradients agree with mutagenesis maps, whose scores are exact."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.store import read_table, write_table, write_tsv
from seqcast.evaluation.metrics.correlations import LEAST_ROWS, pearson, spearman
from seqcast.predict.attributions import FIRST_ORDER, INTEGRATED
from seqcast.predict.attributions.attribution_tables import read_effects

MAP = ["region", "name", "gene_id", "gene_name", "tracks"]
SNV = ["chrom", "pos", "ref", "alt", "gene_id", "tracks"]
# Column of effects -> the attribution of a base that they give, and what tables call the method.
OF_BASE = {FIRST_ORDER: "gradient_x_input", INTEGRATED: "integrated_gradients"}
ALLELES, BASES = "base x allele", "base"  # what is compared, in tables
ALL = "all regions"
AGREEMENT = {
    "region": pl.Int64, "name": pl.String, "gene_id": pl.String, "gene_name": pl.String,
    "tracks": pl.String, "method": pl.String, "level": pl.String, "n": pl.Int64,
    "spearman": pl.Float64, "pearson": pl.Float64, "strongest_found": pl.Float64,
}  # fmt: skip
STRONGEST = 0.05  # of the exact scores, sought in twice as many


class ComparedFiles(NamedTuple):
    """What is compared, of the same variants.

    Attributes
    ----------
    maps : path
        `maps.map_files.MapTables.variants`.
    attributions : tuple of path
        Shards of `attribution_files.approximate_shard`.
    """

    maps: str | Path
    attributions: tuple[str | Path, ...]


class AgreementFiles(NamedTuple):
    """Paths of attributions of bases, and of their agreement with maps."""

    bases: str | Path
    agreement: str | Path


def write_agreement(
    files: ComparedFiles, outputs: AgreementFiles, facts: Mapping[str, Any]
) -> None:
    """Write attributions of the bases of maps, and how far they agree with these.

    Parameters
    ----------
    files : ComparedFiles
    outputs : AgreementFiles
        Parquet and TSV.
    facts : mapping
        Provenance, in addition to that of the attributions.
    """
    effects, about = read_effects(files.attributions)
    joined = join_effects(read_table(files.maps), effects)
    bases = attributions_of_bases(joined)
    write_table(bases, outputs.bases, {**about, **facts})
    write_tsv(agreement(joined, bases), outputs.agreement)


def join_effects(maps: pl.DataFrame, effects: pl.DataFrame) -> pl.DataFrame:
    """SNVs of maps that have both an exact effect and a first-order one.

    Parameters
    ----------
    maps : DataFrame
        `MAP`, `SNV` and ``effect``, of `EffectMap.tidy`.
    effects : DataFrame
        Of `attribution_tables.tidy_effects`.

    Returns
    -------
    DataFrame
        `MAP`, `SNV`, ``effect`` and those of `OF_BASE` that there are.
    """
    found = [name for name in OF_BASE if name in effects.columns]
    once = effects.unique(SNV, keep="first").select(*SNV, *found)
    lengths = pl.col("ref").str.len_chars() + pl.col("alt").str.len_chars()
    exact = maps.select(*dict.fromkeys([*MAP, *SNV]), "effect").filter(lengths == 2)
    joined = exact.join(once, on=SNV, how="inner", maintain_order="left")
    return joined.drop_nulls(["effect", *found])


def attributions_of_bases(joined: pl.DataFrame) -> pl.DataFrame:
    """One row per base of a map of which all three SNVs have effects.

    Parameters
    ----------
    joined : DataFrame
        Of `join_effects`.

    Returns
    -------
    DataFrame
        `MAP`, chrom, pos, ref, ``importance`` (minus the mean of the exact effects of the three
        alternatives) and the attributions of `OF_BASE`: minus a quarter of the sum of the
        effects of the three, see `gradients`.
    """
    found = [name for name in OF_BASE if name in joined.columns]
    of_base = joined.group_by(*MAP, "chrom", "pos", "ref", maintain_order=True)
    return (
        of_base.agg(
            importance=-pl.col("effect").mean(),
            n=pl.len(),
            **{OF_BASE[name]: -pl.col(name).sum() / 4 for name in found},
        )
        .filter(pl.col("n") == 3)
        .drop("n")
    )


def agreement(joined: pl.DataFrame, bases: pl.DataFrame) -> pl.DataFrame:
    """Correlations with the exact effects, of each map and of all of a group of tracks.

    Parameters
    ----------
    joined : DataFrame
        Of `join_effects`.
    bases : DataFrame
        Of `attributions_of_bases`.

    Returns
    -------
    DataFrame
        `AGREEMENT`: Spearman's and Pearson's correlation, null with fewer than 3 rows or where one
        is constant; ``strongest_found``, the fraction of the strongest 5 % by exact magnitude that
        are among the strongest 10 % by that of the approximation, as a screen would have them.
    """
    rows = []
    levels = (
        (ALLELES, joined, "effect", {name: name for name in OF_BASE}),
        (BASES, bases, "importance", {name: name for name in OF_BASE.values()}),
    )
    for level, table, exact, methods in levels:
        pooled = table.with_columns(
            pl.lit(value, table.schema[name]).alias(name)
            for name, value in zip(MAP, (None, ALL, None, None), strict=False)
        )
        for part in (table, pooled):
            for group in part.partition_by(MAP, maintain_order=True):
                place = group.select(MAP).row(0, named=True)
                for method in (name for name in methods if name in group.columns):
                    numbers = _compared(group[method].to_numpy(), group[exact].to_numpy())
                    rows.append({**place, "method": method, "level": level, **numbers})
    return pl.DataFrame(rows, schema=AGREEMENT)


def _compared(approximate: np.ndarray, exact: np.ndarray) -> dict[str, Any]:
    """The numbers of a row of `AGREEMENT`."""
    n = len(exact)
    if n < LEAST_ROWS:
        return {"n": n}
    few = max(1, round(STRONGEST * n))
    strongest, candidates = (
        set(np.argsort(-np.abs(values), kind="stable")[:count].tolist())
        for values, count in ((exact, few), (approximate, 2 * few))
    )
    correlations = {
        "spearman": float(spearman(approximate, exact)),
        "pearson": float(pearson(approximate, exact)),
    }
    known = {name: None if np.isnan(value) else value for name, value in correlations.items()}
    return {"n": n, **known, "strongest_found": len(strongest & candidates) / few}
