"""Changes of half-lives of planted variants: the truth reaches the ceiling, and noise stays below."""

import numpy as np
import polars as pl
import pytest

from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.measures import CEILING, measure_table
from seqcast.evaluation.planted.planted_half_lives import (
    DESTABILISING,
    half_life_measures,
    with_half_lives,
)
from seqcast.report.figures.planted_half_lives import draw_changes, draw_correlations
from seqcast.report.figures.style import new_figure
from tests.seqcast.evaluation.planted import planted

HOW = Resampling(20)


def half_lives(change: np.ndarray) -> pl.DataFrame:
    """As `half_life_effects` writes them, the first course first; of the second all are wrong."""
    rows = planted.effects().select("variant", "chrom", "pos", "ref", "alt", "gene_id")
    numbers = pl.DataFrame({"delta_log2_half_life": change, "delta_log2_half_life_sd": 0.1})
    first = rows.hstack(numbers).with_columns(course=pl.lit("sim"), status=pl.lit("scored"))
    second = first.with_columns(-pl.col("delta_log2_half_life"), course=pl.lit("other"))
    return pl.concat([first, second])


def truth() -> np.ndarray:
    return -planted.effects()["true_dlogk"].to_numpy() / np.log(2)


def compared(change: np.ndarray) -> pl.DataFrame:
    variants = planted.compared(planted.perfect())
    return with_half_lives(variants, planted.effects(), half_lives(change))


def measured(table: pl.DataFrame) -> dict[tuple[str, str], dict]:
    rows = measure_table(list(half_life_measures(table.filter(status="compared"), HOW)))
    return {(row["measure"], row["group"]): row for row in rows.to_dicts()}


def test_the_truth_itself_reaches_one() -> None:
    found = measured(compared(truth()))
    assert found["half_life_r", "within elements"]["value"] == pytest.approx(1)
    assert found["half_life_sign", "all"]["value"] == 1
    assert found["calibration_slope", "half-lives"]["value"] == pytest.approx(1)


def test_what_tells_elements_apart_alone_has_no_correlation_within() -> None:
    effects = planted.effects().with_columns(truth=truth())
    means = effects.filter(kind="causal").group_by("element").agg(m=pl.col("truth").mean())
    known = effects.join(means, on="element", how="left", maintain_order="left")["m"]
    noise = np.random.default_rng(0).normal(0, 1e-3, len(known))
    found = measured(compared(known.fill_null(0).to_numpy() + noise))
    within, every = (found["half_life_r", g]["value"] for g in ("within elements", "all"))
    assert abs(within) < 0.6 < every
    assert found["half_life_r", "within elements"]["verdict"].startswith("not met")


def test_expected_coverage_is_fitted_as_predictions_are() -> None:
    table = compared(truth()).filter(
        pl.col("element").is_in(DESTABILISING), kind="causal", status="compared"
    )
    both = table.drop_nulls(["true_half_life", "expected_half_life"])
    # mRNAs with one poly(A) site decay at one rate, which the fit finds
    genes = planted.genes().filter(n_transcripts=1)["gene_id"]
    one = both.filter(pl.col("gene_id").is_in(genes.implode()))
    assert len(one)
    np.testing.assert_allclose(one["expected_half_life"], one["true_half_life"], atol=1e-3)
    ceiling = measured(table)["half_life_r", f"{CEILING}, all"]["value"]
    assert ceiling > 0.9


def test_variants_without_a_half_life_say_why_and_are_not_right() -> None:
    table = half_lives(truth()).with_columns(status=pl.lit("rate_at_bound"))
    found = with_half_lives(planted.compared(planted.perfect()), planted.effects(), table)
    assert found["predicted_half_life"].null_count() == len(found)
    assert found["half_life_status"].drop_nulls().unique().to_list() == ["rate_at_bound"]
    sign = measured(found)["half_life_sign", "all"]
    assert sign["value"] == 0
    assert "have no prediction" in sign["note"]


def test_panels_show_them() -> None:
    table = compared(truth())
    axes = new_figure(6, 3).subplots(1, 2)
    values = measured(table)
    colours = dict.fromkeys(DESTABILISING, "black")
    draw_changes(axes[0], table.filter(status="compared"), values, colours)
    draw_correlations(axes[1], values)
    assert axes[0].get_legend().get_title().get_text() == "slope 1.00"
    assert [text.get_text() for text in axes[1].get_legend().get_texts()] == [
        "predicted", "expected coverage",
    ]  # fmt: skip
    assert draw_changes(new_figure(1, 1).subplots(), table.clear(), values, colours).texts
