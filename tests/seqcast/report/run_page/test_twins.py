"""What a page says, for programs: the same rows, and a crate that others read."""

import json
from pathlib import Path

import polars as pl
import pytest
from rocrate.rocrate import ROCrate

from seqcast.core.store import read_provenance, read_table
from seqcast.report.run_page.page import write_page
from seqcast.report.run_page.twins import Twins, tidy_tables, write_twins
from tests.seqcast.report.run_page.hostile import content_of


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results with a page of 40 ALT alleles and its twins."""
    root = tmp_path_factory.mktemp("results")
    content, page = content_of(40), root / "report/index.html"
    write_page(content, page)
    scores = root / "scores.parquet"
    scores.touch()
    twins = Twins(
        root / "report/tables", root / "report/seqcast_mqc.json", root / "ro-crate-metadata.json"
    )
    write_twins(content, page, [scores], twins)
    return root


def test_tables_are_tidy_and_complete(results: Path) -> None:
    (one,) = content_of(40).sets
    variants = read_table(results / "report/tables/variants.parquet")
    assert sorted(variants["row"]) == list(range(40))
    effects = read_table(results / "report/tables/effects.parquet")
    assert len(effects) == len(one.scores)  # one group of tracks
    assert effects["tracks"].unique().to_list() == ["RNA:ActD"]
    first = sum(one.scores["logSED"][0].to_list()) / 6
    assert effects["effect"][0] == pytest.approx(first, rel=1e-5)
    assert read_provenance(results / "report/tables/effects.parquet")["command"]


def test_json_has_the_rows_of_parquet_and_every_column_a_meaning(results: Path) -> None:
    folder = results / "report/tables"
    meanings = json.loads((folder / "columns.json").read_text())
    for name in ("variants", "effects"):
        table = read_table(folder / f"{name}.parquet")
        rows = json.loads((folder / f"{name}.json").read_text())
        assert len(rows) == len(table)
        assert list(rows[0]) == table.columns
        assert [column for column in table.columns if column not in meanings] == []


def test_the_crate_names_files_that_exist_and_what_made_them(results: Path) -> None:
    crate = ROCrate(results)  # as another program reads it
    files = [one.id for one in crate.data_entities]
    assert [name for name in files if not (results / name).is_file()] == []
    assert {"report/index.html", "report/tables/variants.parquet", "scores.parquet"} <= set(files)
    assert crate.mainEntity.id == "report/index.html"
    for name in ("name", "description", "datePublished", "license"):
        assert crate.root_dataset[name]
    (action,) = crate.root_dataset["mentions"]
    assert action["name"] == "snakemake --cores all"
    assert [one["name"] for one in action["instrument"]] == ["seqcast"]
    assert crate.metadata["conformsTo"].startswith("https://w3id.org/ro/crate/1.")


def test_the_section_of_multiqc_counts_alleles(results: Path) -> None:
    section = json.loads((results / "report/seqcast_mqc.json").read_text())
    assert section["plot_type"] == "table"
    (row,) = section["data"].values()
    assert (row["ALT alleles"], row["scored"]) == (40, 36)


def test_a_page_without_variants_has_empty_tables() -> None:
    content = content_of(5)
    tables = tidy_tables(type(content)("Reads", [], []))
    assert all(isinstance(table, pl.DataFrame) and table.is_empty() for table in tables.values())
