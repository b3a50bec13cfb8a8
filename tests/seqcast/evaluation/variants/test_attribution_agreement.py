"""Attributions of bases, and their agreement with exact effects, by loops."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import pearsonr, spearmanr

from seqcast.evaluation.variants.attribution_agreement import (
    ALL,
    agreement,
    attributions_of_bases,
    join_effects,
)

SEQUENCE = "ACGTTGCAACGGTATCCAGT"


@pytest.fixture(scope="module")
def tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two maps, of a region each, and approximations of their effects, in another order."""
    rng, maps, effects = np.random.default_rng(0), [], []
    for region, gene in ((0, "G1"), (1, "G2")):
        for i, ref in enumerate(SEQUENCE):
            for alt in "ACGT":
                if alt == ref:
                    continue
                exact = rng.normal()
                row = {"region": region, "name": f"r{region}", "gene_id": gene, "gene_name": gene,
                       "tracks": "decay", "chrom": "chr1", "pos": 100 * region + i + 1, "ref": ref,
                       "alt": alt}  # fmt: skip
                maps.append(row | {"effect": exact})
                effects.append(row | {"first_order_effect": exact + rng.normal(),
                                      "integrated_effect": -exact})  # fmt: skip
    maps.append(maps[0] | {"ref": "AC", "alt": "A", "effect": 3.0})
    return pl.DataFrame(maps), pl.DataFrame(effects).sample(fraction=1, shuffle=True, seed=1)


def test_agreement_is_that_of_loops(tables) -> None:
    maps, effects = tables
    joined = join_effects(maps, effects)
    assert len(joined) == 120
    bases = attributions_of_bases(joined)
    found = agreement(joined, bases)
    assert found["name"].to_list() == ["r0", "r0", "r1", "r1", ALL, ALL] * 2
    known = {tuple(row.values()): effects.row(i, named=True) for i, row in
             enumerate(effects.select("pos", "ref", "alt").iter_rows(named=True))}  # fmt: skip
    for row in found.iter_rows(named=True):
        parts = maps.filter(pl.col("ref").str.len_chars() == 1)
        if row["name"] != ALL:
            parts = parts.filter(name=row["name"])
        column = {
            "gradient_x_input": "first_order_effect",
            "integrated_gradients": "integrated_effect",
        }.get(row["method"], row["method"])
        pairs = [(known[one["pos"], one["ref"], one["alt"]][column], one["effect"])
                 for one in parts.iter_rows(named=True)]  # fmt: skip
        if row["level"] == "base":
            of_bases = np.array(pairs).reshape(-1, 3, 2)
            pairs = np.stack([-of_bases[:, :, 0].sum(1) / 4, -of_bases[:, :, 1].mean(1)], 1)
        x, y = np.transpose(pairs)
        assert row["n"] == len(x)
        assert row["spearman"] == pytest.approx(spearmanr(x, y).statistic)
        assert row["pearson"] == pytest.approx(pearsonr(x, y).statistic)
        few = max(1, round(0.05 * len(x)))
        strongest = sorted(range(len(x)), key=lambda i, y=y: -abs(y[i]))[:few]
        candidates = sorted(range(len(x)), key=lambda i, x=x: -abs(x[i]))[: 2 * few]
        assert row["strongest_found"] == len({*strongest} & {*candidates}) / few


def test_bases_that_lack_an_effect_have_no_attribution(tables) -> None:
    maps, effects = tables
    lost = pl.col("pos") == 2
    joined = join_effects(
        maps.with_columns(
            effect=pl.when(lost & (pl.col("alt") == "T")).then(None).otherwise("effect")
        ),
        effects.filter(pl.col("pos") != 5),
    )
    bases = attributions_of_bases(joined)
    assert len(bases) == 2 * 20 - 2
    assert bases.filter(name="r0")["pos"].to_list() == [1, 3, 4, *range(6, 21)]


def test_too_few_or_equal_effects_have_no_correlation(tables) -> None:
    maps, effects = tables
    joined = join_effects(maps.head(3), effects.drop("integrated_effect"))
    found = agreement(joined, attributions_of_bases(joined))
    assert found.filter(level="base")["spearman"].null_count() == 2
    assert found["n"].to_list() == [3, 3, 1, 1]
    same = joined.with_columns(effect=pl.lit(1.0))
    assert agreement(same, attributions_of_bases(same))["spearman"].null_count() == 4
