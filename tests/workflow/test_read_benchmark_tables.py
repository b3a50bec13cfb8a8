"""The tables of the published benchmark of reads agree with each other."""

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def tables(root) -> dict[str, pd.DataFrame]:
    names = ("references", "samples", "benchmarks", "datasets")
    paths = {name: root / f"config/published/{name}.tsv" for name in names}
    paths["sources"] = root / "config/sources.tsv"
    return {
        name: pd.read_csv(path, sep="\t", keep_default_na=False) for name, path in paths.items()
    }


@pytest.fixture(scope="module")
def published(root) -> pd.DataFrame:
    path = root / "resources/published/readseeker.tsv"
    return pd.read_csv(path, sep="\t", keep_default_na=False)


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
        set(tables["benchmarks"].set_index("benchmark").at["readseeker", "datasets"].split(","))
        == samples
    )
    datasets = tables["datasets"].set_index("dataset")
    for sample in samples:
        assert datasets.at[sample, "kind"] == "labelled_reads"
        assert datasets.at[sample, "path"] == f"results/read_benchmark/{sample}/dev.tsv"
    assert set(published["reference"]) == set(tables["references"]["reference"])


def test_reads_are_where_the_archive_keeps_them(tables):
    """European Nucleotide Archive: first six characters, then the digits from the tenth on."""
    urls = tables["sources"].set_index("source")["url"]
    for row in tables["samples"].itertuples():
        digits = row.sample[9:].rjust(3, "0") + "/" if len(row.sample) > 9 else ""
        folder = f"https://ftp.sra.ebi.ac.uk/vol1/fastq/{row.sample[:6]}/{digits}{row.sample}"
        for mate, source in ((1, row.reads1), (2, row.reads2)):
            assert urls[source] == f"{folder}/{row.sample}_{mate}.fastq.gz"
