"""The examples of README and docs, run as they stand on the finished demo and on shipped models.

Python blocks run in the folder of the finished demo; a comment behind ``print(...)`` is what it
prints, up to a colon. Lines of shell blocks run in a folder of small files with the names that the
pages use. A block that no test runs says why in a comment above it.
"""

import ast
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import polars as pl
import pysam
import pytest
import yaml

from seqcast.cli import main
from seqcast.genome.tracks import Tracks
from seqcast.plan.tables import read_cells
from tests.docs.pages import PAGES, Block, blocks
from tests.workflow.conftest import OFFLINE

pytestmark = pytest.mark.slow

FEW_BP = 20_000  # variants before this position are those of the small VCF: two, for speed

BLOCKS = [block for page in PAGES for block in blocks(page)]
LANGUAGES = {"json", "python", "sh", "tsv", "yaml"}


def of(language: str) -> pytest.MarkDecorator:
    """The blocks of a language that are run."""
    found = [block for block in BLOCKS if block.language == language and not block.reason]
    return pytest.mark.parametrize("block", found, ids=[block.place for block in found])


def test_a_block_is_run_or_says_why_not():
    assert [b.place for b in BLOCKS if b.language not in LANGUAGES and not b.reason] == []


def printed(block: Block) -> dict[int, str]:
    """The comment behind each call of print, by the line on which the call begins."""
    lines = block.text.splitlines()
    calls = [node for node in ast.walk(ast.parse(block.text)) if isinstance(node, ast.Call)]
    found = {}
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id == "print":
            _, _, comment = lines[call.end_lineno - 1][call.end_col_offset :].partition("# ")
            if comment:
                found[call.lineno] = comment
    return found


@of("python")
def test_python_prints_what_the_page_says(block, finished, tmp_path, monkeypatch):
    told: dict[int, str] = {}

    def print_here(*values: object) -> None:
        told[sys._getframe(1).f_lineno] = " ".join(map(str, values))

    monkeypatch.chdir(finished.folder)
    script = tmp_path / "example.py"
    script.write_text(block.text)
    runpy.run_path(str(script), init_globals={"print": print_here})
    expected = printed(block)
    assert told or "print(" not in block.text
    assert {line: told[line] for line in expected} == {
        line: text if text == told[line] else text.split(": ")[0] for line, text in expected.items()
    }


@pytest.fixture(scope="module")
def desk(root, finished, tmp_path_factory) -> Path:
    """A folder with files of the names that the pages use."""
    folder = tmp_path_factory.mktemp("desk")
    demo, helix = root / "config/demo", root / "resources/helix_tiny"
    for name, source in {
        "reads.fastq.gz": demo / "plasmid_R1.fastq.gz",
        "pair_1.fastq.gz": demo / "plasmid_R1.fastq.gz",
        "pair_2.fastq.gz": demo / "plasmid_R2.fastq.gz",
        "model.safetensors": helix / "model.safetensors",
        "config.json": root / "config/hyperparameters/helix_tiny.json",
    }.items():
        shutil.copy(source, folder / name)
    (folder / "my_model").mkdir()
    for source in (  # of one fold, for speed
        root / "resources/borzuki_tiny/fold0.safetensors",
        root / "resources/borzuki_tiny/targets.tsv",
        root / "config/hyperparameters/borzuki_tiny.json",
    ):
        shutil.copy(source, folder / "my_model")
    for name in ("Snakefile", "config", "resources", "workflow"):  # as in the repository's folder
        (folder / name).symlink_to(root / name)
    simulated = finished.folder / "resources/simulated"
    for name in ("genome.fa", "annotation.gtf"):
        shutil.copy(simulated / name, folder / name)
    with (simulated / "variants.vcf").open() as file, (folder / "variants.vcf").open("w") as few:
        few.writelines(line for line in file if line[0] == "#" or int(line.split("\t")[1]) < FEW_BP)
    (folder / "regions.bed").write_text("chrS1\t19900\t19910\n")
    (folder / "designs.fa").write_text(">one\nAUGGCUUAA\n>two\nAUGAAACGUUAG\n")
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6"}})
    with pysam.AlignmentFile(str(folder / "sample.bam"), "wb", header=header) as file:
        read = pysam.AlignedSegment(header)
        read.query_name, read.flag, read.query_sequence = "read", pysam.FUNMAP, "ACGT" * 50
        file.write(read)
    return folder


def commands(block: Block) -> list[str]:
    """The commands of a block, continued lines joined and comments left out."""
    lines = block.text.replace("\\\n", " ").splitlines()
    bare = [re.sub(r"(^|\s+)# .*", "", line).strip() for line in lines]
    return [line for line in bare if line]


@pytest.fixture(scope="module")
def ran() -> set[str]:
    """Commands on the desk that ran: one that several pages show runs once."""
    return set()


@of("sh")
def test_commands_run(block, finished, desk, ran, monkeypatch, capsys):
    monkeypatch.chdir(desk)
    new = [command for command in commands(block) if command not in ran]
    ran.update(new)
    for command in new:
        words = shlex.split(command)
        if words[0] == "snakemake" and "--directory" in words:
            run_pipe(command)
        elif words[0] == "snakemake":
            config = finished.folder / words[words.index("--configfile") + 1]
            assert config.is_file()
            targets = [word for word in words[1:] if word.startswith("results/")]
            assert targets
            finished.planned("--nocolor", *targets, config=str(config))
        elif "|" in words:
            run_pipe(command)
        else:
            assert words[0] == "seqcast"
            status = run_here(words[1:])
            assert status == 0, capsys.readouterr().err


def run_here(arguments: list[str]) -> int:
    """The exit status of `seqcast` with these arguments, without another interpreter."""
    try:
        return main(arguments)
    except SystemExit as end:  # --help
        return int(end.code or 0)


def run_pipe(command: str) -> None:
    """Run a pipe with the programs of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if missing := [
        p for p in re.findall(r"(?:^|\| )(\w+)", command) if not shutil.which(p, path=path)
    ]:
        pytest.skip(f"{missing} not installed")
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], check=True,
        env={**os.environ, **OFFLINE, "PATH": path},
    )  # fmt: skip


@of("yaml")
def test_keys_of_a_config_are_known(block, root):
    schema = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())
    schema.pop("required")
    unfit = jsonschema.Draft202012Validator(schema).iter_errors(yaml.safe_load(block.text))
    assert [error.message for error in unfit] == []


@of("json")
def test_json_can_be_read(block):
    assert json.loads(block.text)


@of("tsv")
def test_rows_of_a_table_fit_its_schema(block, root, tmp_path):
    (tmp_path / "table.tsv").write_text(block.text)
    first = block.text.split("\t")[0]
    if not first:  # the index of a targets file
        assert len(Tracks.read(tmp_path / "table.tsv").identifier) == block.text.count("\n") - 1
        return
    header = set(block.text.splitlines()[0].split("\t"))
    schemas = [yaml.safe_load(p.read_text()) for p in root.glob("workflow/schemas/*.yaml")]
    (schema,) = [s for s in schemas if set(s["required"]) <= header <= set(s["properties"])]
    key = schema["required"][: 1 + ("fold" in header)]
    assert len(read_cells(tmp_path / "table.tsv", schema, key)) == block.text.count("\n") - 1


OUTPUTS = {  # section of docs/reference/outputs.md -> files whose columns its tables describe
    "Variant effects": ["results/variant_effects/borzuki_tiny/simulated_variants.ensemble.parquet"],
    "Reads": ["results/reads/six_frame/plasmid_reads.parquet"],
    "mRNAs": [
        "results/transcripts/simulated_mrnas.parquet",
        "results/embeddings/helix_tiny/simulated_mrnas.fold0.parquet",
    ],
}


@pytest.mark.parametrize("section", OUTPUTS)
def test_columns_of_outputs_are_those_of_the_files(section, root, finished):
    page = (root / "docs/reference/outputs.md").read_text()
    body = page.split(f"\n## {section}\n")[1].split("\n## ")[0]
    tables = re.findall(r"\| column \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", body)
    for table, file in zip(tables, OUTPUTS[section], strict=True):
        cells = [line.split(" | ")[0] for line in table.splitlines()]
        names = set(re.findall(r"`([a-z]\w+)`", "".join(cells)))
        assert names <= set(pl.read_parquet_schema(finished.folder / file)), file
