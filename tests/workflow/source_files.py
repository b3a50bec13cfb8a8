"""What the files of the package say of themselves, each parsed once for all tests that ask."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workflow/seqcast"
SOURCES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 400, 40  # lines


class Source(NamedTuple):
    """A file of the package, or a script.

    Attributes
    ----------
    imports : set of str
        Full names of everything that it imports, wherever in the file.
    loads : set of str
        Of these, what it imports when it is loaded.
    defined : set of str
        Its functions, classes and constants, and what it takes from others.
    functions : list of str
        Its functions, those in classes and functions included.
    docstring : str
        Empty where it has none.
    faults : list of str
        What a file of the package may not have.
    """

    imports: set[str]
    loads: set[str]
    defined: set[str]
    functions: list[str]
    docstring: str
    faults: list[str]


@cache
def read_source(path: Path) -> Source:
    """Look through a file."""
    text = path.read_text()
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    faults = [
        *too_long(text, functions),
        *undocumented(tree),
        *(line for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)
          for line in untyped(ast.get_docstring(node) or "")),
        *forbidden(nodes),
        *files_of_any_type(functions),
    ]  # fmt: skip
    return Source(
        set(imported(nodes)), set(loaded(tree.body)), defined(tree),
        [node.name for node in functions], ast.get_docstring(tree) or "", faults,
    )  # fmt: skip


def imported(nodes: list[ast.AST]) -> Iterator[str]:
    """Full names of what nodes import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from [str(node.module), *(f"{node.module}.{a.name}" for a in node.names)]


def loaded(body: list[ast.stmt]) -> Iterator[str]:
    """Names that a module imports when it is loaded."""
    for node in body:
        if isinstance(node, ast.If | ast.With | ast.Try):
            if "TYPE_CHECKING" not in ast.dump(node):
                yield from loaded(node.body)
        else:
            yield from imported([node])


def defined(tree: ast.Module) -> set[str]:
    """Functions, classes and constants of a module, and what it takes from others."""
    body = tree.body
    names = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    set_here = [node for node in body if isinstance(node, ast.Assign | ast.AnnAssign)]
    stored = [n for node in set_here for n in ast.walk(node) if isinstance(n, ast.Name)]
    names |= {n.id for n in stored if isinstance(n.ctx, ast.Store)}
    taken = [node for node in body if isinstance(node, ast.ImportFrom)]
    return names | {alias.name for node in taken for alias in node.names}


def too_long(text: str, functions: list[ast.FunctionDef]) -> Iterator[str]:
    """A file, or functions, with too many lines; of functions, without their docstrings."""
    if (lines := len(text.splitlines())) > LONGEST_FILE:
        yield f"{lines} lines"
    for function in functions:
        lines = (function.end_lineno or 0) - function.lineno + 1
        if ast.get_docstring(function):
            lines -= (function.body[0].end_lineno or 0) - function.body[0].lineno + 1
        if lines > LONGEST_FUNCTION:
            yield f"{function.name}: {lines} lines"


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Public functions and classes without a docstring, or a file without one.

    Left out: functions in functions, ``forward`` of layers (their class says the shapes), and the
    members of a Protocol (its class says what they are).
    """
    if tree.body and not ast.get_docstring(tree):
        yield "no docstring"
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield f"{node.name}: no docstring"
        protocol = "Protocol" in {getattr(base, "id", "") for base in getattr(node, "bases", [])}
        for member in node.body if isinstance(node, ast.ClassDef) and not protocol else []:
            if (
                isinstance(member, ast.FunctionDef)
                and not member.name.startswith("_")
                and member.name != "forward"
                and not ast.get_docstring(member)
            ):
                yield f"{node.name}.{member.name}: no docstring"


def untyped(docstring: str) -> Iterator[str]:
    """Entries of Parameters and Attributes that are not ``name : type``; ``**options`` may be."""
    lines, inside = docstring.splitlines(), False
    for line, following in pairwise([*lines, ""]):
        if re.fullmatch("-{3,}", following):
            inside = line in ("Parameters", "Attributes")
        elif inside and line and not re.match(r" |-|\*\*\w+$|\*{0,2}\w+(, \w+)* : \S", line):
            yield f"no type in a docstring: {line}"


def forbidden(nodes: list[ast.AST]) -> Iterator[str]:
    """Snakemake and its names, relative imports, calls of print, and excepts that take all."""
    for name in imported(nodes):
        if name.split(".")[0] == "snakemake":
            yield f"imports {name}"
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno}: a relative import"
        if isinstance(node, ast.Name) and node.id in {"snakemake", "workflow"}:
            yield f"line {node.lineno}: names {node.id}"
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
            yield f"line {node.lineno}: prints"
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f"line {node.lineno}: a bare except"


def files_of_any_type(functions: list[ast.FunctionDef]) -> Iterator[str]:
    """Files of jobs without a type, by which mypy sees what a script or a notebook gives to one."""
    for asked in (argument for function in functions for argument in function.args.args):
        of_jobs = asked.arg in ("files", "outputs", "made", "reads")
        if of_jobs and asked.annotation and ast.unparse(asked.annotation) == "Any":
            yield f"line {asked.lineno}: {asked.arg} may be anything"
