"""What tables and files of others may hold: it is refused by name, or kept as it is, and never run."""

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pysam
import pytest
import yaml

from seqcast.core.errors import InputError
from seqcast.evaluation.reads.mapping import index_reference, map_reads
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import read_bed
from seqcast.genome.vcf import read_variants
from seqcast.models.architectures import check_task
from seqcast.plan.tables import check_path, read_cells
from seqcast.report.pages.rendering import render

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = {
    path.name.split(".")[0]: yaml.safe_load(path.read_text())
    for path in (ROOT / "workflow/schemas").glob("*.schema.yaml")
}
TABLES = {name: schema for name, schema in SCHEMAS.items() if "required" in schema
          and "format" not in schema.get("type", "") and name not in ("config", "coverage_settings")}  # fmt: skip
HOSTILE = (
    "a b", "it's", 'a"b', "a;touch ran", "$(touch ran)", "`touch ran`", "a|b", "a&b", "a>b", "../up",
    "..", "/etc/passwd", "~/x", "*", "<script>alert(1)</script>", "{model}", "a\u202eb", "a\u0000b",
    "\u05d0\u05d1", "a\\b", "%2e%2e", "-rf", "--help",
)  # fmt: skip
# Columns whose cells become parts of paths, and names of wildcards.
NAMES = {
    name: [column for column, part in schema["properties"].items()
           if column in (name.rstrip("s"), "fold", "pool", "assembly", "origin") and "pattern" in part]
    for name, schema in TABLES.items()
}  # fmt: skip


def cells(table: str, column: str, value: str, folder: Path) -> dict:
    """The only row of a table whose cells all are of this value, but for those that must not be."""
    schema = TABLES[table]
    row = dict.fromkeys(schema["required"], "x") | {column: value}
    (folder / "t.tsv").write_text("\t".join(row) + "\n" + "\t".join(row.values()) + "\n")
    narrow = {**schema, "allOf": [], "properties": {
        name: part if name == column else {**part, "enum": [None, "", "x"], "pattern": ""}
        for name, part in schema["properties"].items()
    }}  # fmt: skip
    return next(iter(read_cells(folder / "t.tsv", narrow, [column]).values()))


def test_tables_have_names():
    assert {name for name, columns in NAMES.items() if columns} == {
        "assemblies", "benchmarks", "collections", "datasets", "folds", "models", "sources", "trainings",
    }  # fmt: skip


@pytest.mark.parametrize("table", NAMES)
def test_names_that_become_paths_are_letters_digits_and_dashes(table, tmp_path):
    """None of them leaves its folder, ends an option or a word, or is markup."""
    for column in NAMES[table]:
        for value in HOSTILE:
            try:
                found = cells(table, column, value, tmp_path)[column]
            except InputError:
                continue
            # in no path does a name come first: -rf is no option there; .. is followed by a suffix
            assert found == value
            assert re.fullmatch(r"[A-Za-z0-9_-]+", found) or (column, found) in (
                ("assembly", ".."), ("origin", ".."))  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_a_path_is_kept_to_the_letter_or_refused(value, tmp_path):
    try:
        found = cells("datasets", "path", value, tmp_path)["path"]
    except InputError:
        assert set(value) & set('{}<>"\0')
    else:
        assert found == value
        assert check_path(found) is None


@pytest.mark.parametrize("url", [
    "javascript:alert(1)", "gopher://a/b", "scp://a/b", "s3://a/b", "gs://a/b", "hf://a/b", "data:,a",
    "https://a/$(touch ran) b", "dict://a", "ldap://a/b", "-o/etc/passwd", "",
])  # fmt: skip
def test_urls_are_of_the_web_ftp_or_a_file(url, tmp_path):
    with pytest.raises(InputError, match="column url"):
        cells("sources", "url", url, tmp_path)


@pytest.mark.parametrize(
    "path", ["../a", "a/../b", "/a", "a//b", "-a", ".a", "a/-b", "a b", "a/", "~a"]
)
def test_downloads_stay_below_resources(path, tmp_path):
    with pytest.raises(InputError, match="column path"):
        cells("sources", "path", path, tmp_path)


@pytest.mark.parametrize(
    "name", ["os:system", "builtins:eval", "subprocess:Popen", "os.path:join", "a;b:C"]
)
def test_an_architecture_is_a_network_and_no_other_object(name):
    with pytest.raises(InputError, match="architecture"):
        check_task(name, "coverage")


HARMLESS_IN_NAMES = (
    "a b;touch ran",
    "$(touch ran)",
    "`touch ran`",
    "it's",
    'a"b',
    "-rf",
    "a,b",
    "a&b|c",
    "אב",
)


@pytest.fixture(params=HARMLESS_IN_NAMES)
def folder(request, tmp_path, monkeypatch) -> Iterator[tuple[Path, str]]:
    """A working folder, and what names of files in it begin with; nothing of it is run."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path, request.param
    assert not list(tmp_path.rglob("ran*"))  # what follows the name in a command is joined to it


def test_files_of_any_name_are_read(folder):
    _, name = folder
    Path(f"{name}.fa").write_text(">chr1\n" + "ACGT" * 20 + "\n")
    Path(f"{name}.bed").write_text("chr1\t1\t5\n")
    Path(f"{name}.gtf").write_text(
        'chr1\tx\texon\t1\t9\t.\t+\t.\tgene_id "g"; transcript_id "t";\n'
    )
    Path(f"{name}.vcf").write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t2\t.\tC\tT\t.\t.\t.\n"
    )
    with Genome(f"{name}.fa") as genome:
        assert genome.fetch("chr1", 0, 4) == "ACGT"
    assert len(read_bed(f"{name}.bed")) == 1
    assert [gene.gene_id for gene in read_annotation(f"{name}.gtf").genes] == ["g"]
    assert read_variants(f"{name}.vcf")["alt"].to_list() == ["T"]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    if not all(map(shutil.which, ("bowtie2", "samtools"))):
        pytest.skip("bowtie2 or samtools is not installed")
    folder = tmp_path_factory.mktemp("index")
    (folder / "g.fa").write_text(">c\n" + "ACGGTCATTGACCATGCA" * 20 + "\n")
    index_reference(folder / "g.fa", folder / "g")
    return folder / "g"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_programs_get_reads_of_any_name(index, folder, packed):
    _, name = folder
    reads = Path(f"{name}.fastq" + ".gz" * packed)
    text = b"@r\n" + b"ACGGTCATTGACCATGCA" * 3 + b"\n+\n" + b"I" * 54 + b"\n"
    reads.write_bytes(gzip.compress(text) if packed else text)
    map_reads(index, reads, None, "out.bam")
    with pysam.AlignmentFile("out.bam") as file:
        assert [read.query_name for read in file] == ["r"]


def test_markup_in_what_pages_show_is_text():
    page = render("reads.html", rows=[], statuses={"<img src=x onerror=alert(1)>": 1}, flags={},
                  untrained=['"><script>alert(1)</script>'], same_weights=[], descriptions={})  # fmt: skip
    assert "<script>alert" not in page
    assert "<img src=x" not in page
