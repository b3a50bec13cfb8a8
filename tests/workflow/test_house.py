"""The rules of this house, read from the code itself."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from seqcast.models.architectures import ARCHITECTURES
from tests.seqcast.plan.coverage_tables import ALONE, SHARED, write_files
from tests.seqcast.plan.test_properties import TABLES as PROPERTIES
from tests.seqcast.plan.test_trainings import MRNAS, READS
from tests.workflow.conftest import HEADERS
from tests.workflow.source_files import PACKAGE, ROOT, SCRIPTS, SOURCES, read_source

SNAKEFILES = [ROOT / "Snakefile", *sorted((ROOT / "workflow").rglob("*.smk"))]
ENVS = sorted((ROOT / "envs").glob("*.yaml"))

# Folders and modules of the package, the lowest first: each imports from those before it only.
LAYERS = (
    "core", "genome", "models", "reads", "transcripts", "simulate", "datasets", "predict",
    "evaluation", "training", "report", "plan", "api", "cli",
)  # fmt: skip
LONGEST_SCRIPT, LONGEST_SNAKEFILE, LONGEST_COMMON = 25, 40, 150  # lines


def module_of(path: Path) -> str:
    """Name of a module inside the package: ``models.borzuki``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_of(path) for path in SOURCES} - {""}


@cache
def inside() -> dict[str, set[str]]:
    """Module to the modules of the package that it imports."""
    found = {
        module_of(path): {name.removeprefix("seqcast.") for name in read_source(path).imports}
        for path in SOURCES
    }
    return {module: names & MODULES for module, names in found.items()}


def family(module: str) -> str:
    """The folder of a module, or its own name."""
    return module.split(".")[0]


def test_each_folder_has_its_layer():
    assert {family(module) for module in MODULES} == set(LAYERS)


def test_no_import_leads_upwards():
    upwards = [
        f"{module} imports {other}"
        for module, found in inside().items()
        for other in sorted(found)
        if module and LAYERS.index(family(other)) > LAYERS.index(family(module))
    ]
    assert upwards == []


def test_models_open_no_file_but_their_weights():
    found = {family(other) for m in MODULES if family(m) == "models" for other in inside()[m]}
    assert found <= {"models", "core"}


def test_no_code_outside_models_names_an_architecture():
    folders = {network.rpartition(".")[0] for network, _ in ARCHITECTURES.values()}
    families = tuple(f"{folder}." for folder in folders)
    named = [
        f"{path.name} imports {name}"
        for path in [*SOURCES, *SCRIPTS]
        if not path.is_relative_to(PACKAGE / "models")
        for name in read_source(path).imports
        if f"{name}.".startswith(families)
    ]
    assert named == []
    for path in SNAKEFILES:
        assert not any(family in path.read_text() for family in families)


def test_simulation_and_figures_know_no_model():
    apart = [m for m in MODULES if m.startswith(("simulate", "report.figures"))]
    assert {family(other) for m in apart for other in inside()[m]}.isdisjoint({"models"})


def test_figures_are_imported_by_scripts_and_the_api_only():
    importing = {
        m for m, found in inside().items() if any(o.startswith("report.figures") for o in found)
    }
    assert {family(m) for m in importing if not m.startswith("report.figures")} <= {"api"}


def test_nothing_imports_in_a_circle():
    waiting = {module: set(found) - {module} for module, found in inside().items() if module}
    while free := {module for module, found in waiting.items() if not found}:
        waiting = {m: found - free for m, found in waiting.items() if m not in free}
    assert waiting == {}


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_a_file_is_as_files_of_the_package_are(path):
    """Short, documented and typed, and without Snakemake: see `source_files`."""
    assert read_source(path).faults == []


FAULTY = '''
import snakemake.io
from . import other
class Table:
    """Rows.

    Parameters
    ----------
    rows
    """
    def read(self, files: Any):
        try:
            print(workflow)
        except:
            pass
def long():
    """Much."""
'''


def test_what_a_file_of_the_package_may_not_have_is_found(tmp_path):
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY + "    x = 1\n" * 400)
    assert set(read_source(path).faults) == {
        "417 lines", "no docstring", "Table.read: no docstring", "no type in a docstring: rows",
        "imports snakemake.io", "line 3: a relative import", "line 11: files may be anything",
        "line 13: prints", "line 13: names workflow", "line 14: a bare except", "long: 401 lines",
    }  # fmt: skip


def test_names_of_modules_in_backticks_are_of_today():
    """``gene_bins.genes_in_window``: the end of a module's name, and a name in it."""
    known: dict[str, set[str]] = {}
    for path in SOURCES:
        parts, names = module_of(path).split("."), read_source(path).defined
        for ending in (".".join(parts[i:]) for i in range(len(parts))):
            known.setdefault(ending, set()).update(names)
            known.setdefault(f"seqcast.{ending}", set()).update(names)
    stale = [
        f"{path.name}: {name}"
        for path in SOURCES
        for name in re.findall(r"(?<!`)`([a-z_]\w*(?:\.\w+)+)`(?!`)", path.read_text())
        if name not in known
        and not any(
            member in known.get(module, ())
            for module, _, member in (name.rpartition("."), name.rpartition(".")[0].rpartition("."))
        )
    ]
    assert stale == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_are_short_and_report(path):
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_SCRIPT
    assert read_source(path).docstring
    assert "with reporting(snakemake.log[0]):" in text  # what a user can mend becomes one line
    assert read_source(path).functions == []  # what decides anything is in the package


def rules() -> dict[str, str]:
    """Name of each rule to the text of its body."""
    texts = "\n".join(path.read_text() for path in SNAKEFILES)
    parts = re.split(r"^(?:rule|checkpoint) (\w+):\n", texts, flags=re.MULTILINE)[1:]
    bodies = [re.split(r"^\S", body, maxsplit=1, flags=re.MULTILINE)[0] for body in parts[1::2]]
    return dict(zip(parts[::2], bodies, strict=True))


TARGETS = {"all", "notebooks", "nulls"}  # names for many files, which make none
RULES = {name: body for name, body in rules().items() if name not in TARGETS}


def directive(body: str, name: str) -> str:
    """What follows a directive of a rule, quotes taken off; empty where it has none."""
    found = re.search(rf"^    {name}:\s*(\S+)", body, flags=re.MULTILINE)
    return found[1].strip('",') if found else ""


def test_each_rule_has_the_script_of_its_name_and_each_script_its_rule():
    assert set(RULES) == {path.stem for path in SCRIPTS}
    found = {name: directive(body, "script") for name, body in RULES.items()}
    assert found == {name: f"../scripts/{name}.py" for name in RULES}


@pytest.mark.parametrize("name", RULES)
def test_rule_has_what_a_rule_needs(name):
    body = RULES[name]
    assert directive(body, "log").startswith(f"logs/{name}")
    assert (ROOT / "workflow/rules" / directive(body, "conda")).resolve() in ENVS
    assert f'code=code_of("{name}")' in body  # an edit of the package reruns it
    # and so does a file of the user that was replaced
    assert re.search(r"given=given_(content|numbers),$", body, flags=re.MULTILINE)
    assert not re.search(r"^    (run|shell|retries|wrapper):", body, flags=re.MULTILINE)


def test_each_environment_is_used():
    used = {Path(directive(body, "conda")).name for body in RULES.values()}
    assert used == {path.name for path in ENVS}


def test_snakefile_is_a_contents_page():
    text = (ROOT / "Snakefile").read_text()
    assert len(text.splitlines()) <= LONGEST_SNAKEFILE
    assert "def " not in text


def test_what_is_planned_is_planned_in_the_package():
    """Rule files hold rules: no function, no constant, no include."""
    common, *_ = [path for path in SNAKEFILES if path.stem == "common"]
    assert len(common.read_text().splitlines()) <= LONGEST_COMMON
    files = [path for path in SNAKEFILES if path.suffix == ".smk" and path != common]
    begun = {
        (path.name, line)
        for path in files
        for line in re.findall(r"^(?!rule |use rule |wildcard_constraints:)[^\s#].*", path.read_text(),
                               flags=re.MULTILINE)
    }  # fmt: skip
    assert begun == set()


# What patterns begin with that several rules have, told apart by the names in a path -> why they are.
ALIKE = {
    "results/benchmarks/{}.": "benchmarks of each task have other inputs and other measures",
    "results/coverage_sets/{}.": "computed from tracks, or read from published files",
    "results/coverage_tracks/{}.": "with two bigWigs or one: all jobs of a rule have the same outputs",
    "results/variants/{}.": "checked variants of a file, or all those of regions",
    "results/reads/{}/{}.": "of a network, or of a gene finder, which is another program",
    "results/variant_effects/{}/{}.fold{}.":
        "scores of coverage are gathered from shards; a job on mRNAs writes its table itself",
}  # fmt: skip


def test_one_rule_makes_a_path(workflow, demo_tables, root):
    write_files(workflow.folder)
    (workflow.folder / "recipe.json").unlink()  # it is of one of the tasks
    rows = {name: [] for name in HEADERS}
    for tables in (demo_tables, ALONE, SHARED, READS, MRNAS, PROPERTIES):
        for name, found in tables.items():
            rows[name] += [row for row in found if row not in rows[name]]
    workflow.configure(rows)
    found = subprocess.run(
        [sys.executable, "-m", "tests.workflow.producers", workflow.folder],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    made_by, alike, twice = json.loads(found.stdout)
    assert set(made_by) >= set(RULES)
    assert [pattern for pattern in alike if not pattern.startswith(tuple(ALIKE))] == []
    assert [start for start in ALIKE if not any(p.startswith(start) for p in alike)] == []
    assert twice == {}


def test_planning_starts_without_what_only_jobs_need():
    """Each start of Snakemake, of a job too, imports it."""
    heavy = {"numpy", "pandas", "polars", "pyarrow", "torch"}
    code = f"import sys, seqcast.plan.run, seqcast.plan.code; print({heavy} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def keys(schema: dict, at: str = "") -> Iterator[tuple[str, dict]]:
    """Every key a schema describes, nested ones with their path."""
    for name, part in schema.get("properties", {}).items():
        yield f"{at}{name}", part
        yield from keys(part, f"{at}{name}.")


@pytest.mark.parametrize("path", sorted((ROOT / "workflow/schemas").glob("*.yaml")),
                         ids=lambda path: path.name.split(".")[0])  # fmt: skip
def test_each_key_of_a_schema_is_described(path):
    schema = yaml.safe_load(path.read_text())
    assert [key for key, part in keys(schema) if not part.get("description")] == []
    sections = [schema, *(part for _, part in keys(schema) if "properties" in part)]
    assert all(part["additionalProperties"] is False for part in sections)  # typing errors stop


def tracked_texts() -> list[Path]:
    """Files of the repository, those to be added included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout")
    suffixes = {".py", ".smk", ".yaml", ".yml", ".toml", ".tsv", ".md", ".json", ".rst", ""}
    paths = [ROOT / name for name in listed.stdout.splitlines()]
    return [path for path in paths if path.suffix in suffixes and path.is_file()]


def test_no_path_of_a_machine():
    machine = re.compile(r"(?<![\w.:/>-])/(home|Users|work|root|mnt|scratch|tmp)/\w")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in tracked_texts()
        if path != Path(__file__)
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if machine.search(line)
    ]
    assert found == []


def test_what_the_makefile_names_exists():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    shown = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *targets],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    paths = set(re.findall(r"(?<![\w./-])(?:tests|config|workflow)/[\w./-]+", shown))
    names = re.findall(r"-m ((?:tests|benchmarks)\.[\w.]+)", shown)
    paths |= {f"{name.replace('.', '/')}.py" for name in names}
    assert {"tests/seqcast/models", "benchmarks/forward.py"} <= paths
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


@pytest.mark.slow
def test_snakemake_lint_is_content():
    result = subprocess.run(
        [sys.executable, "-m", "snakemake", "--lint"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


def test_parquet_is_read_and_written_at_one_door():
    """So that no table is read without its checksums (`seqcast.core.seals`)."""
    doors = {PACKAGE / "core/store.py", PACKAGE / "transcripts/files.py"}  # the second: of users
    words = re.compile(r"\b(read|scan|write|sink)_parquet\b|pyarrow\.parquet|\btorch\.save\b")
    found = {path for path in SOURCES + SCRIPTS if words.search(path.read_text())}
    assert found - {PACKAGE / "training/checkpoints.py"} == doors
