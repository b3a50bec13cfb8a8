"""The tables of config/ agree with their schemas and with each other."""

from pathlib import Path

import pandas as pd
import pytest
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

SHIPPED_WEIGHTS = {
    f"borzuki_{model}_fold{fold}"
    for model in ("hl_clip", "hl_clip_micro", "hl_micro", "baseline", "baseline_micro")
    for fold in (0, 1)
}


@pytest.fixture(scope="module")
def sources(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "config" / "sources.tsv", sep="\t")


@pytest.fixture(scope="module")
def sources_schema(root: Path) -> str:
    return str(root / "workflow" / "schemas" / "sources.schema.yaml")


def test_sources_agree_with_their_schema(sources: pd.DataFrame, sources_schema: str) -> None:
    validate(sources.copy(), sources_schema)
    columns = ["source", "version", "url", "path", "sha256", "licence", "citation"]
    assert list(sources.columns) == columns


@pytest.mark.parametrize("column", ["source", "path", "url"])
def test_sources_are_named_fetched_and_stored_once(sources: pd.DataFrame, column: str) -> None:
    assert sources.loc[sources[column].duplicated(), column].tolist() == []


def test_both_folds_of_the_five_published_models_are_sources(sources: pd.DataFrame) -> None:
    weights = sources[sources["path"].str.startswith("weights/borzuki")]
    assert set(weights["source"]) == SHIPPED_WEIGHTS
    assert weights["url"].str.endswith("/model0_best.h5").all()  # model0 has the human head


def test_published_sources_come_over_tls(sources: pd.DataFrame) -> None:
    assert sources.loc[~sources["url"].str.startswith("https://"), "source"].tolist() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("source", "Hg38 genome"),
        ("url", "gs://seqnn-share/borzuki/eqtl_utr3/pos_merge.vcf"),
        ("url", "https://console.cloud.google.com/storage/browser/seqnn-share"),
        ("path", "../genome.fa.gz"),
        ("path", "/data/genome.fa.gz"),
        ("sha256", "bab042872f49"),
        ("licence", ""),
        ("checksum", "md5"),
    ],
)
def test_mistakes_in_a_source_are_refused(
    sources: pd.DataFrame, sources_schema: str, column: str, value: str
) -> None:
    row = {**sources.iloc[0].to_dict(), "sha256": "0" * 64}
    validate(pd.DataFrame([row]), sources_schema)
    with pytest.raises(WorkflowError, match="Error validating row 0"):
        validate(pd.DataFrame([{**row, column: value}]), sources_schema)


@pytest.mark.parametrize("column", ["stride_bp", "folds", "bin_bp"])
@pytest.mark.parametrize("zero", [0, "0"])  # a number, or a text where another row's cell is empty
def test_zero_is_no_empty_cell_of_a_coverage_set(root: Path, column: str, zero: object) -> None:
    schema = str(root / "workflow/schemas/coverage_sets.schema.yaml")
    row = {"coverage_set": "a", "assembly": "hg38", "targets": "t.tsv", "window_bp": 512}
    for cell in ("", 8, "8"):
        validate(pd.DataFrame([{**row, column: cell}]), schema)
    with pytest.raises(WorkflowError, match="Error validating row 0"):
        validate(pd.DataFrame([{**row, column: zero}]), schema)
