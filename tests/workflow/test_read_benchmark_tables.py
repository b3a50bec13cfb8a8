"""The tables of the published benchmark of reads agree with each other."""

from pathlib import Path

import polars as pl
import pytest


def read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, separator="\t", infer_schema=False).fill_null("")


@pytest.fixture(scope="module")
def tables(root) -> dict[str, pl.DataFrame]:
    names = ("references", "samples", "benchmarks", "datasets")
    paths = {name: root / f"config/published/{name}.tsv" for name in names}
    paths["sources"] = root / "config/sources.tsv"
    return {name: read(path) for name, path in paths.items()}


@pytest.fixture(scope="module")
def published(root) -> pl.DataFrame:
    path = root / "resources/published/readseeker.tsv"
    return read(path)


def test_cells_name_sources_and_rows_that_are_there(tables):
    cells = [("references", name) for name in ("genbank", "coding", "unclear", "proteins")]
    cells += [("samples", "reads1"), ("samples", "reads2")]
    named = {value for table, column in cells for value in tables[table][column] if value}
    assert named <= set(tables["sources"]["source"])
    assert set(tables["samples"]["reference"]) == set(tables["references"]["reference"])


def test_every_sample_of_the_paper_is_a_labelled_set_with_published_times(tables, published):
    samples = set(tables["samples"]["sample"])
    assert set(published["sample"]) - {""} == samples
    assert (
        set(
            tables["benchmarks"]
            .row(by_predicate=pl.col("benchmark") == "readseeker", named=True)["datasets"]
            .split(",")
        )
        == samples
    )
    datasets = {row["dataset"]: row for row in tables["datasets"].to_dicts()}
    for sample in samples:
        assert datasets[sample]["kind"] == "labelled_reads"
        assert datasets[sample]["path"] == f"results/read_benchmark/{sample}/dev.tsv"
    assert set(published["reference"]) == set(tables["references"]["reference"])


def test_reads_are_where_the_archive_keeps_them(tables):
    """European Nucleotide Archive: first six characters, then the digits from the tenth on."""
    urls = dict(tables["sources"].select("source", "url").iter_rows())
    for row in tables["samples"].to_dicts():
        sample = row["sample"]
        digits = sample[9:].rjust(3, "0") + "/" if len(sample) > 9 else ""
        folder = f"https://ftp.sra.ebi.ac.uk/vol1/fastq/{sample[:6]}/{digits}{sample}"
        for mate in (1, 2):
            assert urls[row[f"reads{mate}"]] == f"{folder}/{sample}_{mate}.fastq.gz"
