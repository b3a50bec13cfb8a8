"""Cells of tables keep what they say; a mistake is told by line and column."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.plan.tables import Row, cells_of, read_cells, typed_rows
from tests.seqcast.models.test_coverage import DILATED

DATASETS = "dataset\tkind\tassembly\tpath\tshards\n"
MODELS = "model\tarchitecture\ttask\thyperparameters\thead\ttracks\n"
SOURCES = "source\tversion\turl\tpath\tsha256\tlicence\tcitation\n"
PARTS = "dataset\tkind\tpath\ttrain_per_class\tdev_per_class\tcoding_share\n"
SOURCE = {
    "source": "hg38", "version": "1", "url": "https://a.org/b", "path": "genomes/hg38.fa.gz",
    "sha256": "0" * 64, "licence": "CC0-1.0", "citation": "Someone",
}  # fmt: skip


def key_of(name: str, schemas: dict[str, dict]) -> list[str]:
    """Columns that name a row of a table."""
    return list(schemas[name]["properties"])[: 1 + (name == "folds")]


@pytest.fixture(scope="module")
def schemas(root: Path) -> dict[str, dict]:
    """Table -> schema of its rows."""
    files = (root / "workflow/schemas").glob("*.schema.yaml")
    return {path.name.split(".")[0]: yaml.safe_load(path.read_text()) for path in files}


@pytest.fixture
def read(tmp_path, schemas):
    """A table of this name with this text, read."""

    def read(name, text):
        path = tmp_path / f"{name}.tsv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_cells(path, schemas[name], key_of(name, schemas))

    return read


def test_all_tables_of_the_repository_are_read(root, schemas):
    paths = [*root.glob("config/*.tsv"), *root.glob("config/*/*.tsv")]
    named = [path for path in paths if path.stem in schemas]
    assert len(named) > 20
    for path in named:
        read_cells(path, schemas[path.stem], key_of(path.stem, schemas))


@pytest.mark.parametrize(
    "fold", ["00", "0", "1e5", "007", "+1", "1.0", "NA", "nan", "None", "True"]
)
def test_a_key_is_the_text_that_it_is(read, fold):
    fold = fold.replace(".", "_").replace("+", "_")
    table = read("folds", f"model\tfold\torigin\tsource\nm{fold}\t{fold}\tsource\t010\n")
    assert table[f"m{fold}", fold]["source"] == "010"
    assert list(table) == [(f"m{fold}", fold)]


def test_numbers_are_numbers_and_empty_cells_empty(read):
    rows = "a\tsimulated_reads\tp\t0512\t0\t.5\nb\tsimulated_reads\tp\t512\t8\t\n"
    table = read("datasets", PARTS + rows)
    assert [row["train_per_class"] for row in table.values()] == [512, 512]
    assert [row["dev_per_class"] for row in table.values()] == [0, 8]
    assert [row["coding_share"] for row in table.values()] == [0.5, ""]


@given(name=st.text("abcXYZ019_-", min_size=1), path=st.text("aé /.0:=+'#%&,;|~^$@!()[]-"))
def test_text_comes_back_as_it_is(schemas, tmp_path_factory, name, path):
    path = f"p{path}q"
    file = tmp_path_factory.getbasetemp() / "datasets.tsv"
    file.write_text(f"{DATASETS}{name}\tvariants\thg38\t{path}\t3\n", encoding="utf-8")
    table = read_cells(file, schemas["datasets"], ["dataset"])
    assert list(table[name].values()) == [name, "variants", "hg38", path, 3]


@pytest.mark.parametrize("text", [
    f"{DATASETS}v\tvariants\thg38\ta.vcf\t2\n",
    f"\ufeff{DATASETS}v\tvariants\thg38\ta.vcf\t2\n",
    f"{DATASETS}v\tvariants\thg38\ta.vcf\t2\n".replace("\n", "\r\n"),
    f"{DATASETS}v\tvariants\thg38\ta.vcf\t2\n".replace("\n", "\r"),
    f"\n{DATASETS}\n v \tvariants\thg38\t a.vcf\t2\t\t\n\t\t\n\n",
    f'{DATASETS}v\tvariants\thg38\t"a.vcf"\t2',
    f"{DATASETS}v\tvariants\thg38\ta.vcf\t2\n".replace("\n", "\t\t\n"),
], ids=["plain", "BOM", "CRLF", "CR", "blanks", "quotes", "tabs at the end"])  # fmt: skip
def test_ways_of_writing_one_table(read, text):
    assert list(read("datasets", text)["v"].values()) == ["v", "variants", "hg38", "a.vcf", 2]


@pytest.mark.parametrize(("name", "text", "message"), [
    ("datasets", f"{DATASETS}v\tvariants\thg38\ta.vcf\t2.0\n",
     r"datasets.tsv, line 2 \(v\), column shards: '2.0'; expected a whole number, at least 1"),
    ("datasets", f"{DATASETS}v\tvariants\thg38\ta.vcf\ttwo\n", "'two'; expected a whole number"),
    ("datasets", f"{DATASETS}v\twindows\thg38\ta.bed\t2\n", "column shards: 2; expected at most 1"),
    ("datasets", f"{DATASETS}v\taligned_reads\thg38\ta.bam\n",
     r"line 2 \(v\), column library_type: ''; expected a value; the cell is empty"),
    ("datasets", f"{DATASETS[:-1]}\tcds\nv\twindows\thg38\ta.bed\t1\twhole\n",
     r"line 2 \(v\), column cds: 'whole'; kind windows does not use this column, only mrna; expected"),
    ("datasets", f"{DATASETS}v\tvariants\thg38\ta.vcf\t0\n", "shards: 0; expected at least 1"),
    ("datasets", f"{DATASETS}v\tvariants\thg38\ta.vcf\t{'9' * 5000}\n", "column shards"),
    ("datasets", f"{DATASETS}v\tvariants\thg38\ttiny/v{{x}}.vcf\t2\n",
     r"line 2 \(v\), column path: 'tiny/v{x}.vcf' has '{'"),
    ("datasets", f"{DATASETS}v\tvariants\thg38\tv<x>.vcf\t2\n", "column path: 'v<x>.vcf' has '<'"),
    ("datasets", f"{DATASETS}\nv\tvariants\thg38\ta}}\t2\n", "line 3"),
    ("datasets", f"{DATASETS}a b\tvariants\thg38\ta.vcf\t2\n", "column dataset: 'a b'; "),
    ("datasets", f"{DATASETS}v\tvariant\thg38\ta.vcf\t2\n",
     "column kind: 'variant'; expected one of variants, nulls, regions, "),
    ("datasets", f"{DATASETS}v\tvariants\t\ta.vcf\t2\n", "column assembly: ''; expected a value"),
    ("datasets", DATASETS.replace("\t", "  "), "columns are separated by spaces; expected tabs"),
    ("datasets", DATASETS.replace("\t", ","), "columns are separated by commas; expected tabs"),
    ("datasets", f"{DATASETS}v   variants hg38 a.vcf 2\n", "are there spaces where a tab should be"),
    ("datasets", f"{DATASETS}v\tvariants hg38\ta.vcf\t2\n", "spaces where a tab should be"),
    ("datasets", f"{DATASETS}v\tvariants\thg38\ta.vcf\t2\tb.vcf\n", "6 columns; the header has 5"),
    ("datasets", DATASETS.replace("shards", "shard"), "unknown column 'shard'; expected dataset, "),
    ("datasets", DATASETS.replace("\tpath", ""), "column path is missing; expected dataset, kind, "),
    ("datasets", DATASETS.replace("\n", "\tshards\n"), "more than one column 'shards'"),
    ("datasets", f"{DATASETS}v\tvariants\thg38\t\"a.vcf\t2\nw\tvariants\thg38\tb.vcf\t2\n",
     "line 2: a quotation mark that is not closed"),
    ("datasets", f"{DATASETS}é\tvariants\thg38\ta.vcf\t2\n".encode("latin1"), "is not text in UTF-8"),
    ("datasets", DATASETS.encode("utf-16"), "is not text in UTF-8"),
    ("datasets", "", "no header"),
    ("folds", "model\tfold\torigin\tsource\nm\t0\tsource\ta\nm\t0\tsource\tb\n",
     r"more than one row has model and fold \('m', '0'\)"),
    ("models", f"{MODELS}m\tborzoi\tcoverage\th.json\t\tt.tsv\n", "column architecture: 'borzoi'"),
    ("models", f"{MODELS}m\tborzuki\treads\th.json\t\t\n", "column architecture: 'borzuki'"),
    ("models", f"{MODELS}m\tsix_frame\treads\th.json\thuman\t\n", "head: 'human'; expected an empty"),
    ("models", f"{MODELS}m\tsix_frame\tembedding\th.json\t\t\n",
     "architecture: 'six_frame'; expected one of helix_mrna"),
    *[("sources", SOURCES + "\t".join((SOURCE | {column: value}).values()) + "\n", f"column {column}: ")
      for column, value in [
        ("source", "Hg38 genome"), ("url", "gs://seqnn-share/borzuki/eqtl_utr3/pos_merge.vcf"),
        ("url", "https://console.cloud.google.com/storage/browser/seqnn-share"),
        ("path", "../genome.fa.gz"), ("path", "/data/genome.fa.gz"), ("sha256", "bab042872f49"),
        ("licence", "")]],
    ("collections", "collection\torigin\tsource\tshards\na\tviral\ts\t0\n", "column shards: 0; expected"),
    ("collections", "collection\torigin\tsource\tshards\tmax_assemblies\na\tviral\ts\t1\t0\n",
     "column max_assemblies: 0; expected at least 1"),
])  # fmt: skip
def test_a_mistake_is_named(read, name, text, message):
    with pytest.raises(InputError, match=message):
        read(name, text)


def test_a_table_that_is_not_there_is_named(tmp_path, schemas):
    with pytest.raises(InputError, match=r"none.tsv does not exist; expected a table"):
        read_cells(tmp_path / "none.tsv", schemas["datasets"], ["dataset"])


def test_a_url_without_a_scheme_is_told_without_its_password(read):
    cells = [*SOURCE.values()]
    cells[2] = "ann:s3cr3t@host/file"
    with pytest.raises(InputError, match=r"column url: 'host/file'; it does not fit"):
        read("sources", SOURCES + "\t".join(cells) + "\n")


@dataclass(frozen=True, kw_only=True)
class Sample(Row):
    """A row with a column of each type."""

    KEY = ("sample",)
    sample: str
    reads: str
    reads2: str | None = None
    first: int = 5
    paired: bool = False
    duplicates: bool = True


def test_empty_cells_are_what_the_class_says():
    cells = {
        "a": {"sample": "a", "reads": "", "reads2": "", "first": "", "paired": "", "note": "x"},
        "b": {"sample": "b", "reads": "r", "reads2": "s", "first": 0, "paired": "yes",
              "duplicates": "no"},
    }  # fmt: skip
    assert typed_rows(cells, Sample) == {
        "a": Sample(sample="a", reads=""),
        "b": Sample(sample="b", reads="r", reads2="s", first=0, paired=True, duplicates=False),
    }


def test_the_cells_that_name_a_file_are_found():
    rows = {("m", "0"): {"source": "a.h5"}, ("n", "1"): {"source": "b.h5, a.h5", "shards": 1}}
    assert list(cells_of("a.h5", {"folds.tsv": rows})) == [
        "folds.tsv (m 0), column source", "folds.tsv (n 1), column source"]  # fmt: skip
    assert list(cells_of("c.h5", {"folds.tsv": rows})) == []


@pytest.mark.parametrize(("task", "architecture", "message"), [
    ("coverage", DILATED, None),
    ("reads", DILATED, "models.tsv: model own: architecture .* is of task coverage; expected one of"),
    ("coverage", "nowhere:Net", "models.tsv: model own: .* No module named 'nowhere'; expected mod"),
    ("coverage", "no where:Net", r"models.tsv, line 2 \(own\), column architecture: 'no where:Net'"),
    ("coverage", "borzoi", r"column architecture: 'borzoi'; expected one of borzuki"),
    ("reads", "borzuki", r"column architecture: 'borzuki'; expected one of readseeker, six_frame"),
])  # fmt: skip
def test_architectures_are_of_their_task(catalogue, task, architecture, message):
    tracks = "targets.tsv" * (task == "coverage")
    tables = {
        "models": [("own", architecture, task, "own.json", "", tracks, "")],
        "folds": [("own", "0", "random", "1")],
    }
    if message is None:
        assert catalogue(tables).models["own"].architecture == architecture
        return
    with pytest.raises(InputError, match=message):
        catalogue(tables)
