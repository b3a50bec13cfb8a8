"""The tables of the benchmark of reads agree with their schemas and with each other."""

import pandas as pd
import pytest
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

NAMES = ("references", "samples", "benchmarks")


@pytest.fixture(scope="module")
def tables(root) -> dict[str, pd.DataFrame]:
    paths = {name: root / f"config/published/{name}.tsv" for name in (*NAMES, "datasets")}
    paths["sources"] = root / "config/sources.tsv"
    return {
        name: pd.read_csv(path, sep="\t", keep_default_na=False) for name, path in paths.items()
    }


@pytest.fixture(scope="module")
def published(root) -> pd.DataFrame:
    path = root / "resources/published/readseeker.tsv"
    return pd.read_csv(path, sep="\t", keep_default_na=False)


@pytest.mark.parametrize("name", NAMES)
def test_tables_agree_with_their_schemas(root, tables, name):
    validate(tables[name].copy(), str(root / f"workflow/schemas/{name}.schema.yaml"))
    assert not tables[name][tables[name].columns[0]].duplicated().any()


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


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("references", "reference", "a b"), ("references", "genbank", ""),
        ("references", "taxon", "E. coli"), ("samples", "balanced", "maybe"),
        ("samples", "first", "-5"), ("samples", "reads1", ""), ("benchmarks", "task", "coverage"),
        ("benchmarks", "datasets", ""), ("samples", "colour", "red"),
    ],
)  # fmt: skip
def test_mistakes_are_refused(root, tables, name, column, value):
    schema = str(root / f"workflow/schemas/{name}.schema.yaml")
    row = tables[name].iloc[0].to_dict()
    validate(pd.DataFrame([row]), schema)
    with pytest.raises(WorkflowError, match="Error validating row 0"):
        validate(pd.DataFrame([{**row, column: value}]), schema)
