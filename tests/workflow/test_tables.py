"""The tables of config/ agree with each other; what a cell may be, see tests/seqcast/plan."""

from pathlib import Path

import pandas as pd
import pytest

SHIPPED_WEIGHTS = {
    f"borzuki_{model}_fold{fold}"
    for model in ("hl_clip", "hl_clip_micro", "hl_micro", "baseline", "baseline_micro")
    for fold in (0, 1)
}


@pytest.fixture(scope="module")
def sources(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "config" / "sources.tsv", sep="\t", dtype=str)


@pytest.mark.parametrize("column", ["source", "path", "url"])
def test_sources_are_named_fetched_and_stored_once(sources: pd.DataFrame, column: str) -> None:
    assert sources.loc[sources[column].duplicated(), column].tolist() == []


def test_both_folds_of_the_five_published_models_are_sources(sources: pd.DataFrame) -> None:
    weights = sources[sources["path"].str.startswith("weights/borzuki")]
    assert set(weights["source"]) == SHIPPED_WEIGHTS
    assert weights["url"].str.endswith("/model0_best.h5").all()  # model0 has the human head


def test_published_sources_come_over_tls(sources: pd.DataFrame) -> None:
    assert sources.loc[~sources["url"].str.startswith("https://"), "source"].tolist() == []
