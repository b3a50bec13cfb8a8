"""The one table of results of benchmarks of coverage."""

from pathlib import Path

import polars as pl
import pytest

from seqcast.core.provenance import ORIGINS
from seqcast.core.store import read_tsv, write_tsv
from seqcast.evaluation.coverage.coverage_benchmark import (
    CoverageBenchmarkFiles,
    evaluate_coverage_benchmark,
)
from seqcast.evaluation.coverage.saluki import half_life_metrics
from seqcast.evaluation.metrics.published import GIVEN, read_published
from seqcast.evaluation.metrics.table import RESULTS

PUBLISHED = (
    "benchmark\tmethod\tpart\tmetric\tvalue\tsource\tsame_rows\n"
    "pc1\thl_clip\tf0\tspearman\t0.75\tsaved cell\tyes\nother\tx\tf0\tspearman\t0.1\ta\tno\n"
)


def track_tables(folder: Path) -> dict[str, list[str]]:
    """Tables of tracks of two models; those of half-lives have none."""
    found: dict[str, list[str]] = {"tracks": [], "half_lives": []}
    for i, shift in enumerate((0.0, 0.1)):
        r = [0.1 * k + shift for k in range(4)]
        tracks = pl.DataFrame({
            "identifier": list("abcd"), "description": ["RNA:x"] * 4, "gene_pearsonr": r,
            "gene_length_pearsonr": [0.3] * 4, "gene_status": ["valid"] * 4,
        })  # fmt: skip
        none = pl.DataFrame({"identifier": list("abcd"), "pearsonr_norm": [""] * 4})
        for kind, table in (("tracks", tracks), ("half_lives", none)):
            found[kind].append(str(folder / f"{i}.{kind}.tsv"))
            write_tsv(table, found[kind][-1])
    return found


def test_methods_have_origins(tmp_path: Path) -> None:
    panels = tmp_path / "panels.tsv"
    panels.write_text("name\tpattern\tmetric\nall\tRNA\tgene_pearsonr\n")
    given = {**track_tables(tmp_path), "panels": str(panels), "published": []}
    outputs = CoverageBenchmarkFiles(tmp_path / "m.tsv", tmp_path / "rows.tsv")
    folds = [("one", "f0"), ("two", "f0")]
    origins = {"one": ["train"], "two": ["source", "random"]}
    evaluate_coverage_benchmark(given, outputs, "acc", "panels", folds, origins, {"compat": None})
    found = read_tsv(outputs.metrics, RESULTS)
    assert found.columns == list(RESULTS)
    assert dict(found.select("method", "origin").unique().iter_rows()) == {
        "one": ORIGINS["train"], "two": f"{ORIGINS['source']}, {ORIGINS['random']}",
        "length": "baseline", "one minus two": "difference", "one minus length": "difference",
        "two minus length": "difference",
    }  # fmt: skip
    apart = found.filter(method="one minus two", metric="gene_pearsonr_mean_difference")
    assert apart["value"].to_list() == pytest.approx([-0.1])
    assert read_tsv(outputs.rows)["benchmark"].unique().to_list() == ["acc"]


def test_published_numbers_stand_beside_ours(tmp_path: Path) -> None:
    labels = [float(i) for i in range(6)]
    rows = pl.DataFrame({"fold": ["f0"] * 6, "group": None, "label": labels, "prediction": labels},
                        schema_overrides={"group": pl.String})  # fmt: skip
    given = {"metrics": [str(tmp_path / "s.tsv")], "predictions": [str(tmp_path / "p.tsv")]}
    write_tsv(half_life_metrics(rows, resamples=20), given["metrics"][0])
    write_tsv(rows, given["predictions"][0])
    published = tmp_path / "published.tsv"
    published.write_text(PUBLISHED)
    outputs = CoverageBenchmarkFiles(tmp_path / "m.tsv", tmp_path / "rows.tsv")
    evaluate_coverage_benchmark(
        given, outputs, "pc1", "half_life", [("m", "f0c0"), ("m", "f0c1")], {"m": ["source"]},
        {"compat": None}, published,
    )  # fmt: skip
    found = read_tsv(outputs.metrics, RESULTS).filter(metric="spearman")
    assert found.select("method", "origin", "part", "value").rows() == [
        ("m", ORIGINS["source"], "f0", 1.0), ("hl_clip", GIVEN, "f0", 0.75)
    ]  # fmt: skip


@pytest.mark.parametrize(("benchmark", "rows"), [
    ("panels", 24), ("clip", 8), ("hek293_4su", 55), ("saluki_pc1", 2),
])  # fmt: skip
def test_published_numbers_of_the_repository_are_read(benchmark: str, rows: int) -> None:
    path = Path(__file__).parents[4] / "resources/published/coverage.tsv"
    found = read_published(path, benchmark)
    assert found.height == rows
    assert not found["same_rows"].any()  # they need the published folds and compat
    assert found["difference"].str.len_chars().min() > 0
