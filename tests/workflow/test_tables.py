"""The tables of config/ agree with each other; what a cell may be, see tests/seqcast/plan."""

from pathlib import Path

import polars as pl
import pytest

SHIPPED_WEIGHTS = {
    f"borzuki_{model}_fold{fold}"
    for model in ("hl_clip", "hl_clip_micro", "hl_micro", "baseline", "baseline_micro")
    for fold in (0, 1)
}


@pytest.fixture(scope="module")
def sources(root: Path) -> pl.DataFrame:
    return pl.read_csv(root / "config" / "sources.tsv", separator="\t", infer_schema=False)


@pytest.mark.parametrize("column", ["source", "path", "url"])
def test_sources_are_named_fetched_and_stored_once(sources: pl.DataFrame, column: str) -> None:
    assert sources.filter(sources[column].is_duplicated()).height == 0


def test_both_folds_of_the_five_published_models_are_sources(sources: pl.DataFrame) -> None:
    weights = sources.filter(pl.col("path").str.starts_with("weights/borzuki"))
    assert set(weights["source"]) == SHIPPED_WEIGHTS
    assert weights["url"].str.ends_with("/model0_best.h5").all()  # model0 has the human head


def test_published_sources_come_over_tls(sources: pl.DataFrame) -> None:
    assert sources["url"].str.starts_with("https://").all()
