"""Every planted and every scored variant leaves one row, with its status."""

import re

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.planted.planted_variants import STATUSES, Scores, compare_variants
from seqcast.evaluation.planted.readouts import make_readouts
from seqcast.predict.variants.ensemble import average_scores
from tests.seqcast.evaluation.planted import planted


def test_predictions_stand_beside_the_truth():
    values = planted.perfect()
    noise = np.random.default_rng(1).normal(size=values.shape)
    table = planted.compared(values, values + noise)
    assert table["variant"].equals(planted.effects()["variant"])
    assert set(table["status"]) == {"compared"}
    readouts = make_readouts(planted.track_table()["identifier"].to_list())
    both = [readouts.of(v.astype(np.float32)) for v in (values, values + noise)]
    for i, name in enumerate(readouts.names):
        assert table[f"true_{name}"].to_numpy() == pytest.approx(readouts.of(values)[:, i])
        one, two = both[0][:, i], both[1][:, i]
        assert table[f"predicted_{name}"].to_numpy() == pytest.approx((one + two) / 2, abs=1e-5)
        spread = np.abs(one - two) / np.sqrt(2)  # sample standard deviation of two
        assert table[f"spread_{name}"].to_numpy() == pytest.approx(spread, abs=1e-5)
    size = np.abs(values + noise / 2).mean(axis=1)
    assert table["size"].to_numpy() == pytest.approx(size, abs=1e-5)
    pairs = dict(table.filter(kind="matched").select("pair", "kind").iter_rows())
    assert set(pairs) == set(table.filter(kind="causal")["variant"])


def test_size_may_be_of_some_tracks_and_one_fold_has_no_spread():
    scores = planted.scores(planted.perfect())
    table = compare_variants(planted.effects(), planted.pairs(), scores, planted.FACTORS,
                             planted.HELD_OUT, "CAGE")  # fmt: skip
    cage = planted.track_table()["description"].to_list().index("CAGE:sim")
    assert table["size"].to_numpy() == pytest.approx(np.abs(planted.perfect()[:, cage]), abs=1e-6)
    assert table["spread_actd"].null_count() == len(table)


def test_what_was_not_scored_says_why():
    effects = planted.effects()
    scored = planted.score_table(planted.perfect())
    status = pl.Series(["prediction_not_finite", *["scored"] * (len(scored) - 1)])
    gene = pl.when(pl.int_range(pl.len()) == 1).then(pl.lit("OTHER")).otherwise("gene_id")
    scored = scored.with_columns(
        status=status, gene_id=gene, logSED=pl.when(status == "scored").then("logSED")
    )
    another = scored[5:6].with_columns(gene_id=pl.lit("NEIGHBOUR"))  # a gene beside counts nowhere
    foreign = scored[6:7].with_columns(pos=pl.lit(1, pl.Int64), variant=pl.lit("foreign"))
    star = foreign.with_columns(
        alt=pl.lit("*"), variant=pl.lit("star"), status=pl.lit("alt_star"), logSED=None
    ).cast(dict(scored.schema))
    scored = pl.concat([scored[:2], scored[3:6], another, scored[6:], foreign, star])
    scores = Scores(average_scores([scored]), (scored,), planted.track_table())
    table = compare_variants(effects, planted.pairs(), scores, planted.FACTORS, planted.HELD_OUT)
    assert table["variant"].to_list() == [*effects["variant"], "foreign", "star"]
    found = table["status"].to_list()
    assert found[:3] == ["prediction_not_finite", "gene_not_scored", "not_in_scores"]
    assert set(found[3:-2]) == {"compared"}
    assert found[-2:] == ["no_truth", "alt_star"]
    predicted = [c for c in table.columns if c.startswith(("predicted", "size"))]
    assert all(table[:3][name].null_count() == 3 for name in predicted)
    assert table["true_actd"].null_count() == 2  # of those not planted
    elsewhere = compare_variants(effects, planted.pairs(), scores, planted.FACTORS, ["chrS1"])
    assert set(elsewhere["status"][:-2]) == {"trained_on"}
    assert elsewhere["size"].null_count() == len(elsewhere)
    assert set(found) - {"prediction_not_finite", "alt_star"} <= set(STATUSES)


def test_an_empty_effect_is_refused_and_a_track_without_truth_counts_nothing():
    effects, identifiers = planted.effects(), planted.track_table()["identifier"].to_list()
    scores = planted.scores(planted.perfect())
    args = planted.pairs(), scores, planted.FACTORS, planted.HELD_OUT
    fourth = pl.int_range(pl.len()) == 3
    holed = effects.with_columns(pl.when(~fourth).then(identifiers[1]).alias(identifiers[1]))
    told = f"{effects['variant'][3]} on {identifiers[1]} is empty"
    with pytest.raises(InputError, match=re.escape(told)):
        compare_variants(holed, *args)
    table = compare_variants(effects.drop(identifiers[1]), *args)
    values = planted.perfect() * (np.arange(len(identifiers)) != 1)
    readouts = make_readouts(identifiers)
    for i, name in enumerate(readouts.names):
        assert table[f"true_{name}"].to_numpy() == pytest.approx(readouts.of(values)[:, i])


def test_tables_that_do_not_belong_together_are_refused():
    table = planted.score_table(planted.perfect())
    with pytest.raises(InputError, match="fold number 0 has other rows"):
        Scores(table, (table[1:],), planted.track_table())
    with pytest.raises(InputError, match="no column SED"):
        Scores(table, (), planted.track_table(), "SED")
