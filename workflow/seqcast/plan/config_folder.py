"""The folder of a run that is begun for a user: its config, written whole or not at all.

Comments and columns of tables are those of templates; only rows are new. A run has its folder,
below which all that it makes lies.
"""

import csv
import io
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from seqcast.core.errors import InputError
from seqcast.core.store import atomic
from seqcast.core.text_files import read_text, table_rows
from seqcast.plan.tables import check_path

Rows = list[dict[str, str]]


def check_folder(checkout: Path, folder: Path, force: bool) -> None:
    """Stop where a config would be replaced, or where no folder can be."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; expected the folder of a run. Give another name.")
    if folder.exists() and folder.samefile(checkout):
        raise InputError(
            f"{folder} is the repository itself, whose config is the template; expected a folder "
            "of the run. Give another name."
        )
    config = folder / "config"
    there = [*config.glob("config.yaml"), *sorted(config.glob("*.tsv"))]
    if there and not force:
        raise InputError(
            f"{there[0]} is there already; expected a folder without a config. Give another "
            "folder, or --force to replace the config."
        )


def write_config(folder: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """Write the files of a config, and remove the sources of an older one; returns their paths."""
    for name, text in texts.items():
        with atomic(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    if "sources.tsv" not in texts:
        (folder / "sources.tsv").unlink(missing_ok=True)
    return tuple(folder / name for name in texts)


def commands(checkout: Path, folder: Path, *targets: str) -> list[str]:
    """The commands that plan and start the run in a folder, as typed where the user stands.

    Parameters
    ----------
    checkout : Path
        The repository.
    folder : Path
        Of the run.
    *targets : str
        Files to make, by default all.

    Raises
    ------
    InputError
        If Snakemake is not installed.
    """
    beside = Path(sys.executable).with_name("snakemake")
    found = shutil.which("snakemake")
    if found is None and not beside.is_file():
        raise InputError(
            f"the config is written, but snakemake is not installed next to {sys.executable}; run "
            f'{sys.executable} -m pip install -e "{checkout}[workflow]", and then snakemake '
            f"--snakefile {checkout / 'workflow/Snakefile'} --directory {folder} --cores all"
        )
    is_found = found and (not beside.is_file() or Path(found).samefile(beside))
    program = "snakemake" if is_found else _seen(beside)
    words = [
        program, "--snakefile", _seen(checkout / "workflow/Snakefile"),
        "--directory", str(folder), "--cores", "all", *targets,
    ]  # fmt: skip
    return [shlex.join([*words, "--dry-run"]), shlex.join(words)]


def table_text(template: Path, rows: Rows) -> str:
    """Text of a table of these rows, with the header of a template and the comments above it.

    Columns that the template lacks follow its own.
    """
    text = read_text(template, "a table")
    header = list(dict.fromkeys([*table_rows(text, template)[0][1], *chain(*rows)]))
    file = io.StringIO()
    writer = csv.DictWriter(file, header, "", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    comments = [line for line in text.splitlines() if line.startswith("#")]
    return "".join(f"{line}\n" for line in comments) + file.getvalue()


def name_of(path: Path) -> str:
    """A name for results of a file, after its own."""
    stem = re.sub(r"\.(vcf|bcf|fa|fasta|fna)?(\.b?gz)?$", "", path.name, flags=re.IGNORECASE)
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-") or "user"


def cell_of(path: Path, folder: Path) -> str:
    """A path as a table has it: from the run's folder for files in it, whole for all others."""
    # links stay as they are: one may be there because a table cannot hold the name of its file
    whole, run = (Path(os.path.normpath(one.absolute())) for one in (path, folder))
    cell = str(whole.relative_to(run) if whole.is_relative_to(run) else whole)
    check_cell(cell)
    return cell


def check_cell(path: str) -> None:
    """Stop at a path that no table can hold."""
    problem = check_path(path)
    if path != path.strip() or not path.isprintable():
        problem = (
            f"{path!r} begins or ends with a blank, or holds a control character; tables hold no "
            "such path. Rename the file, or give the path of a link to it"
        )
    if problem:
        raise InputError(problem)


def _seen(path: Path) -> str:
    """A path as short as it is from where the user stands."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def one_line(path: Path) -> str:
    """A path for a comment."""
    return " ".join(str(path).split())
