"""The tables of the benchmarks of mRNA properties agree with each other."""

import re
from pathlib import Path

import polars as pl
import pytest
import yaml

from seqcast.core.sources import RESTRICTED
from seqcast.evaluation.metrics.published import read_published
from seqcast.evaluation.properties.property_metrics import CEILING, METRICS

OWN = ("models", "folds", "datasets", "benchmarks", "trainings")


def read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, separator="\t", infer_schema=False).fill_null("")


@pytest.fixture(scope="module")
def tables(root) -> dict[str, pl.DataFrame]:
    found = {name: read(root / f"config/mrna_benchmarks/{name}.tsv") for name in OWN}
    return {**found, "sources": read(root / "config/sources.tsv")}


def test_cells_name_rows_and_files_that_are_there(root, tables):
    named = {name: set(table[:, 0]) for name, table in tables.items()}
    assert set(tables["benchmarks"]["datasets"]) == named["datasets"]
    assert set(tables["trainings"]["train"]) == named["benchmarks"]
    assert set(tables["folds"]["model"]) == named["models"]
    trained = tables["folds"].filter(origin="train")
    assert set(trained["source"]) == named["trainings"]
    cells = [*tables["datasets"]["path"], *tables["models"]["hyperparameters"],
             *tables["trainings"]["initial"], *tables["trainings"]["recipe"],
             *tables["benchmarks"]["published"],
             *tables["folds"].filter(origin="source")["source"]]  # fmt: skip
    assert [v for v in cells if v not in named["sources"] and not (root / v).is_file()] == []


def test_a_kfold_has_a_model_for_each_round(tables):
    split = dict(tables["benchmarks"].select("benchmark", "split").iter_rows())
    trained = tables["folds"].filter(origin="train")
    for (name,), rows in trained.group_by("source"):
        rounds = int(re.sub(r"\D", "", split[name]) or 1)
        assert sorted(map(int, rows["fold"])) == list(range(rounds))


def test_what_is_restricted_says_so_and_is_in_no_other_run(root, tables):
    sources = tables["sources"]
    restricted = {
        row["source"] for row in sources.to_dicts() if re.search(RESTRICTED, row["licence"])
    }
    assert restricted == set(sources.filter(pl.col("path").str.contains("mrna"))["source"])
    assert len(restricted) == 11
    for config in ("config/published.yaml", "config/demo.yaml"):
        paths = yaml.safe_load((root / config).read_text())["tables"]
        used = {
            v
            for name, path in paths.items()
            if name != "sources"
            for row in read(root / path).iter_rows()
            for v in row
        }
        assert not used & restricted


def test_benchmark_files_are_pinned_to_a_commit_and_four_of_them_to_their_bytes(tables):
    found = tables["sources"].filter(pl.col("source").str.starts_with("codonbert_"))
    assert found["url"].str.contains("/Sanofi-Public/CodonBERT/9c31ecc/").all()
    assert found["sha256"].str.contains(r"^md5:[0-9a-f]{32}$").sum() == 4


def test_published_numbers_are_of_properties_and_metrics_that_exist(root, tables):
    path = root / "resources/published/mrna.tsv"
    published = pl.concat([read_published(path, name) for name in tables["benchmarks"][:, 0]])
    kinds = dict(tables["benchmarks"].select("benchmark", "protocol").iter_rows())
    rows = published.to_dicts()
    assert {row["benchmark"] for row in rows} == set(kinds) == set(read(path)["benchmark"])
    assert {row["benchmark"] for row in rows if not row["same_rows"]} == {"mlos"}
    assert [row for row in rows if row["metric"] not in METRICS[kinds[row["benchmark"]]]] == []
    assert CEILING not in published["method"]
    values = {(r["benchmark"], r["method"], r["metric"], r["part"]): r["value"] for r in rows}
    assert len(values) == len(rows) == 7 * 7 + 2
    # Genome Research 34:1027 (2024), Table 2, corners; and issue 233 of helicalAI/helical
    assert values["mlos", "CodonBERT", "spearman", "test"] == 0.81
    assert values["cov_degradation", "Codon2vec + TextCNN", "spearman", "test"] == 0.70
    assert values["ecoli_proteins", "CodonBERT", "accuracy", "test"] == 0.55
    assert values["cov_degradation", "Helix-mRNA", "spearman", "validation"] == 0.8330
    assert values["cov_degradation", "Helix-mRNA", "spearman", "test"] == 0.8256
