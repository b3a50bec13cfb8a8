"""What made a file: code digests that follow imports, and facts for its metadata."""

import ast
import hashlib
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from seqcast import __version__

PACKAGE = Path(__file__).parent
# What reports say of weights, by the origin in folds.tsv.
ORIGINS = {
    "random": "UNTRAINED random weights",
    "source": "given weights",
    "train": "trained by this workflow",
}


def code_digest(script: str | Path, *modules: str) -> str:
    """Digest of the code that a script can reach in this package.

    Snakemake reruns a job when its script changes but does not see an imported package. This
    digest, passed as a parameter of the rule, changes with any module that the script imports,
    directly or not, and with no other. Comments, docstrings and layout do not count.

    Parameters
    ----------
    script : path
        A Python file.
    *modules : str
        Modules imported by a name that a table gives, such as an architecture's.

    Returns
    -------
    str
        12 hexadecimal digits.
    """
    seen: dict[Path, str] = {}
    pending = [Path(script), *(file for name in modules for file in _module_files(name))]
    while pending:
        path = pending.pop()
        if path not in seen:
            seen[path], imports = _normalised(path)
            pending += [module for name in imports for module in _module_files(name)]
    parts = sorted((path.name, code) for path, code in seen.items())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def versions() -> dict[str, str]:
    """Versions of the programs that decide numbers, as far as this environment has them."""
    found = {"seqcast": __version__, "python": platform.python_version()}
    for name in ("torch", "numpy", "pysam", "polars"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def provenance(**facts: Any) -> dict[str, Any]:
    """Facts about an output: those given, and the version of seqcast."""
    return {"seqcast_version": __version__, **facts}


def merge_folds(folds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Facts of an ensemble: what its folds share, and a list where they differ.

    ``same_weights`` is added where `same_weights` finds any.
    """
    merged = {}
    for key in folds[0]:
        values = [fold.get(key) for fold in folds]
        merged[key] = values[0] if all(value == values[0] for value in values) else values
    repeated = same_weights(folds)
    return merged | ({"same_weights": repeated} if repeated else {})


def same_weights(folds: Iterable[Mapping[str, Any]]) -> list[str]:
    """Folds of one model that have the same weights: they are no ensemble, and have no spread.

    Parameters
    ----------
    folds : iterable of mapping
        ``model`` and ``fold`` of each, and ``tensors_sha256`` (of the weights themselves) or
        ``weights_sha256`` (of the file that they came from), or anything else that is equal for
        equal weights alone; without either, the weights are not known. A fold may come repeatedly.

    Returns
    -------
    list of str
        Words such as "borzuki_tiny, folds 0 and 1", one for all folds that share their weights.
    """
    names: dict[tuple[Any, Any], dict[str, None]] = {}
    for i, fold in enumerate(folds):
        weights = fold.get("tensors_sha256") or fold.get("weights_sha256")
        of_weights = names.setdefault((fold.get("model"), weights), {})
        if weights:
            of_weights[str(fold.get("fold", i))] = None
    return [
        (f"{model}, " if model else "") + _in_words(list(found))
        for (model, _), found in names.items()
        if len(found) > 1
    ]


def folds_of(facts: Mapping[str, Any]) -> list[str]:
    """Names of the folds that a file is of, by its provenance."""
    fold = facts.get("fold", [])
    return [str(name) for name in (fold if isinstance(fold, list) else [fold])]


def model_in_words(facts: Mapping[str, Any]) -> str:
    """Model and folds of a file, by its provenance: "borzuki_tiny, mean of folds 0 and 1"."""
    folds, model = folds_of(facts), facts.get("model", "model not recorded")
    if not folds:
        return str(model)
    return f"{model}, {'mean of ' if folds[1:] else ''}{_in_words(folds)}"


def _in_words(folds: Sequence[str]) -> str:
    """Fold 0; folds 0 and 1; folds 0, 1 and 2."""
    if len(folds) == 1:
        return f"fold {folds[0]}"
    return f"folds {', '.join(folds[:-1])} and {folds[-1]}"


@cache
def _normalised(path: Path) -> tuple[str, frozenset[str]]:
    """Digest of a file's code without docstrings and comments, and names of modules it imports."""
    tree = ast.parse(path.read_text())
    imports: set[str] = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imports |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        _drop_docstring(node)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), frozenset(imports)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all statements inside it: no expression, which saves most of ``ast.walk``."""
    yield node
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, part, ()):
            yield from _statements(child)


def _drop_docstring(node: ast.AST) -> None:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            node.body = node.body[1:]


def _module_files(name: str) -> tuple[Path, ...]:
    """Files of this package that importing `name` runs."""
    return _files_below(PACKAGE, name)


@cache
def _files_below(package: Path, name: str) -> tuple[Path, ...]:
    parts = name.split(".")
    if parts[0] != package.name:
        return ()
    files = [package.joinpath(*parts[1:i], "__init__.py") for i in range(1, len(parts) + 1)]
    files.append(package.joinpath(*parts[1:]).with_suffix(".py") if parts[1:] else files[0])
    return tuple(file for file in files if file.is_file())
