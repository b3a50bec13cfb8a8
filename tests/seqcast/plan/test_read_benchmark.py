"""References, samples and benchmarks of reads to files, without Snakemake."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.workflow.conftest import HEADERS

MODELS = [("small", "readseeker", "reads", "shape.json", "", "", ""),
          ("words", "helix_mrna", "embedding", "helix.json", "", "", "")]  # fmt: skip
SAMPLE = {"dataset": "one", "kind": "mapped_reads", "assembly": "toy", "path": "one_1.fq"}
LABELLED = {"dataset": "more", "kind": "labelled_reads", "path": "alone.tsv"}
TABLES = {
    "models": MODELS,
    "folds": [("small", 0, "random", 1), ("words", 0, "random", 1)],
    "assemblies": [("toy", "toy.gbk", "", "", "", "unclear.bed", "proteins.zip", "007"),
                   ("searched", "toy.gbk", "", "", "coding.bed", "", "proteins.zip", ""),
                   ("plain", "toy.gbk"), ("hg38", "hg38.fa")],
    "datasets": [{**SAMPLE, "path2": "one_2.fq", "first": 500},
                 {**SAMPLE, "dataset": "two", "assembly": "plain", "path": "two.fq", "balanced": "no"},
                 {**SAMPLE, "dataset": "three", "assembly": "searched", "path": "two.fq"},
                 ("alone", "labelled_reads", "", "alone.tsv"), ("raw", "reads", "", "raw.fq"),
                 {**LABELLED, "pool": "toy"}],
    "benchmarks": [{"benchmark": "both", "task": "reads", "datasets": "one, alone, more",
                    "protocol": "classification", "published": "published.tsv",
                    "description": "how", "citation": "somebody"},
                   ("last", "reads", "two", "classification")],
}  # fmt: skip
FILES = ["toy.gbk", "coding.bed", "unclear.bed", "proteins.zip", "one_1.fq", "one_2.fq", "two.fq",
         "alone.tsv", "published.tsv"]  # fmt: skip
FOLDER = "resources/references"


@pytest.fixture
def benchmarks(planned, tmp_path):
    for name in FILES:
        (tmp_path / name).touch()
    options = {"comparators": ["pyrodigal"], "min_mapq": 30}
    return planned(TABLES, read_benchmark=options).read_benchmarks


def test_references_are_made_of_what_their_rows_name(benchmarks):
    toy, searched, plain = (Job(reference=name) for name in ("toy", "searched", "plain"))
    assert benchmarks.reference_files(toy) == {"genome": "toy.gbk"}
    named = {"genome": "toy.gbk", "coding": "coding.bed"}
    assert benchmarks.reference_files(searched) == named
    assert benchmarks.unclear_file(toy) == {"unclear": "unclear.bed"}  # no search where it is known
    assert benchmarks.unclear_file(searched) == {"proteins": "proteins.zip"}
    assert [benchmarks.references[job.reference].taxon for job in (toy, plain)] == ["007", ""]


def test_samples_are_mapped_to_their_reference(benchmarks):
    one, two = Job(sample="one"), Job(sample="two")
    files = benchmarks.sample_files(one)
    assert files["index"][0] == f"{FOLDER}/toy.1.bt2"
    assert (files["reads1"], files["reads2"]) == ("one_1.fq", "one_2.fq")
    assert benchmarks.sample_files(two)["reads1"] == "two.fq"
    assert "reads2" not in benchmarks.sample_files(two)
    assert [row.first for row in benchmarks.samples.values()] == [500, None, None]
    assert list(benchmarks.references) == ["toy", "searched", "plain"]  # none is mapped to hg38


def test_regions_are_unclear_where_that_can_be_known(benchmarks):
    regions = {"coding": f"{FOLDER}/toy.coding.bed", "unclear": f"{FOLDER}/toy.unclear.bed"}
    assert benchmarks.sample_regions(Job(sample="one")) == regions
    assert list(benchmarks.sample_regions(Job(sample="three"))) == ["coding", "unclear"]
    assert list(benchmarks.sample_regions(Job(sample="two"))) == ["coding"]


def test_reads_are_chosen_by_the_row_and_the_config(benchmarks):
    assert benchmarks.choice(Job(sample="one")) == {
        "balanced": True, "min_length_nt": 140, "min_mapq": 30, "seed": 42
    }  # fmt: skip
    assert benchmarks.choice(Job(sample="two"))["balanced"] is False


def test_every_tool_is_measured_on_every_dataset(benchmarks):
    job = Job(benchmark="both")
    assert benchmarks.tools == ["small", "pyrodigal"]
    assert benchmarks.benchmarks["both"].sets == ["one", "alone", "more"]
    assert benchmarks.labelled_reads(job) == [
        "results/read_benchmark/one/dev.tsv", "alone.tsv", "alone.tsv"]  # fmt: skip
    assert benchmarks.scores(job) == [
        f"results/reads/{tool}/{name}.parquet"
        for name in ("one", "alone", "more")
        for tool in ("small", "pyrodigal")
    ]
    # reads that were mapped are pooled by assembly, others by their pool, or their own name
    assert benchmarks.references_of(job) == ["toy", "alone", "toy"]
    assert benchmarks.published(job) == "published.tsv"
    assert benchmarks.published(Job(benchmark="last")) == []
    assert benchmarks.about(job) == {"description": "how", "citation": "somebody"}
    assert benchmarks.targets == [
        f"results/benchmarks/{name}.{file}"
        for name in ("both", "last")
        for file in ("tsv", "times.tsv", "html", "roc.png")
    ]


def test_tables_without_rows_plan_nothing(planned):
    assert planned({}).read_benchmarks.targets == []


@pytest.mark.parametrize(
    ("datasets", "message"),
    [
        ("one,two,one", "benchmark toy names dataset one more than once"),
        ("one,", "benchmark toy: a name in datasets is empty; remove a comma"),
        (
            "one,raw",
            "benchmark toy: dataset raw is of kind reads; expected labelled_reads or mapped_reads",
        ),
        ("one,four", "'four' has no row in datasets.tsv, which has one, two, three, alone, raw"),
    ],
)
def test_a_benchmark_names_labelled_sets_once(planned, datasets, message):
    rows = [("toy", "reads", datasets, "classification")]
    with pytest.raises(InputError, match=f"benchmarks.tsv: {message}"):
        planned({**TABLES, "benchmarks": rows})


def test_no_model_has_the_name_of_a_gene_finder(planned):
    named = {"models": [("pyrodigal", *MODELS[0][1:]), MODELS[1]],
             "folds": [("pyrodigal", 0, "random", 1), TABLES["folds"][1]]}  # fmt: skip
    with pytest.raises(InputError, match=r"models.tsv: pyrodigal is the name of a gene finder in"):
        planned({**TABLES, **named})


@pytest.mark.parametrize(
    ("assembly", "message"),
    [("tony", "datasets.tsv: 'tony' has no row in assemblies.tsv, which has toy, searched, plain"),
     ("", r"datasets.tsv, line 2 \(one\), column assembly: ''; expected a value; the cell is empty")],
)  # fmt: skip
def test_reads_that_are_mapped_name_their_assembly(planned, assembly, message):
    row = {**SAMPLE, "assembly": assembly}
    with pytest.raises(InputError, match=message):
        planned({**TABLES, "datasets": [row, *TABLES["datasets"][1:]]})


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("assemblies", "genome", ""), ("assemblies", "taxon", "E. coli"), ("datasets", "balanced", "maybe"),
        ("datasets", "first", "0"), ("datasets", "first", "-5"),
        ("datasets", "path", ""), ("benchmarks", "task", "embedding"),
        ("benchmarks", "datasets", ""),
    ],
)  # fmt: skip
def test_a_cell_that_does_not_fit_is_named(planned, table, column, value):
    row = TABLES[table][0]
    cells = row if isinstance(row, dict) else dict(zip(HEADERS[table].split(), row, strict=False))
    rows = [{**cells, column: value}]
    with pytest.raises(InputError, match=rf"{table}.tsv, line 2.*, column {column}: '?{value}'?; "):
        planned({**TABLES, table: rows})
