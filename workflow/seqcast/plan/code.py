"""Digest of the code that decides what a job writes: the definitions that its script reaches.

Snakemake reruns a job when its script changes but does not see an imported package. This digest,
a parameter of the rule, follows names from the script to the functions, classes and constants of
the package, and from those to others. It is on the safe side where names do not tell: a module that
is used as an object counts whole, as does one that makes its names itself; statements that run at
import count for all that import them, directly or not.
"""

import ast
import gc
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from seqcast.core.contents import content_digest
from seqcast.core.errors import InputError
from seqcast.models.architectures import is_outside
from seqcast.plan.kept_digests import kept_digest

PACKAGE = Path(__file__).parents[1]
# What changes no number and no page, though all jobs use it.
UNCOUNTED = {
    "seqcast.core.errors": "its classes say what is wrong",
    "seqcast.core.logs": "says in the log what a job does",
    "seqcast.core.seals.written_by": "is for logs to name the job in files",
    "seqcast.core.progress": "says in the log how far a job is",
    "seqcast.core.run_log": "says in the log of the run how far a job is",
    "seqcast.__version__": "stands in the metadata of files; what a version changes is code",
}
# Tables of modules by name: of each only the entry counts that a job's model names.
ARCHITECTURES = "seqcast.models.architectures", "ARCHITECTURES"
TRAININGS = "seqcast.training.tasks", "TRAININGS"
RUN_NEVER = "TYPE_CHECKING"
# Fields of nodes that say nothing of what runs: places in the file, annotations, store or load.
NO_CODE = {
    "lineno", "end_lineno", "col_offset", "end_col_offset", "ctx", "returns", "type_comment",
    "type_params",
}  # fmt: skip
BLOCKS = {"body", "orelse", "finalbody"}
_Names = frozenset[tuple[str, str | None]]  # of names, and of their attributes where one follows


@cache
def code_digest(
    script: str | Path, architecture: str | None = None, task: str | None = None
) -> str:
    """Digest of the code of this package that a script can run.

    Comments, docstrings, annotations of functions, what is logged and the wording of `InputError`
    do not count, nor does `UNCOUNTED`.

    Parameters
    ----------
    script : path
        A Python file.
    architecture : str, optional
        Key of `models.architectures.ARCHITECTURES` whose classes the script loads, if it loads one,
        or ``module:Class`` of one outside this package, of which all files of the module's package
        count. Default: any of the table.
    task : str, optional
        Key of `training.tasks.TRAININGS` by which the script trains, if it does. Default: any.

    Returns
    -------
    str
        12 hexadecimal digits.
    """

    def follow() -> str:
        parts = sorted(reached(script, architecture, task).values())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    if architecture and is_outside(architecture):  # whose files may lie anywhere
        return follow()
    return kept_digest(PACKAGE, f"{content_digest(script)} {architecture} {task}", follow)


def reached(
    script: str | Path, architecture: str | None = None, task: str | None = None
) -> dict[tuple[str, int], str]:
    """Top-level statements that a script can run: (module, place in it) to its digest."""
    collects = gc.isenabled()
    gc.disable()  # syntax trees are many objects, and stay: to look through them takes longer
    try:
        trail = _Trail({ARCHITECTURES: architecture, TRAININGS: task})
        trail.whole(_Module("", Path(script)))
        return trail.follow_all()
    finally:
        gc.freeze()  # no later collection looks through them either
        if collects:
            gc.enable()


def module_files(name: str) -> tuple[Path, ...]:
    """Files of this package that importing a module runs, its own last."""
    return _files_below(PACKAGE, name)


class _Trail:
    """What has been reached so far, from one script."""

    def __init__(self, chosen: dict[tuple[str, str], str | None]) -> None:
        self.chosen = chosen  # table -> the key of its entry that counts
        self.counted: dict[tuple[str, int], str] = {}
        self.loaded: set[str] = set()
        self.pending: list[tuple[_Module, int]] = []

    def follow_all(self) -> dict[tuple[str, int], str]:
        """Count what is pending, and all that it names."""
        while self.pending:
            module, place = self.pending.pop()
            if (module.name, place) in self.counted or not module.counts(place):
                continue
            digest, names, imports = module.facts(place)
            self.counted[module.name, place] = digest
            for source, member in imports:
                self.follow(source, member)
            for name, attribute in names:
                self.resolve(module, name, attribute)
        return self.counted

    def whole(self, module: "_Module") -> None:
        """Reach all of a module."""
        self.load(module)
        self.pending += [(module, place) for place in range(len(module.statements))]

    def load(self, module: "_Module") -> None:
        """Reach what runs when a module is imported, and when those are that it imports."""
        waiting = [module]
        while waiting:
            found = waiting.pop()
            if found.name not in self.loaded:
                self.loaded.add(found.name)
                self.pending += [(found, place) for place in found.effects]
                waiting += [other for name in found.imported for other in _modules(name)]

    def resolve(self, module: "_Module", name: str, attribute: str | None = None) -> None:
        """Reach what a name means in a module; `attribute` is what is taken of it, if known."""
        if (module.name, name) in self.chosen:
            self._entries(module, name, self.chosen[module.name, name])
            return
        for source, member in module.aliases.get(name, ()):
            inner = f"{source}.{member}" if member else source
            if _own(inner):  # a module
                self.follow(inner, attribute)
            else:
                self.follow(source, member)
        self.pending += [(module, place) for place in module.bound.get(name, ())]

    def follow(self, source: str, member: str | None) -> None:
        """Reach a member of a module; without one that is known, all of the module."""
        if not (module := _own(source)):
            return
        for other in _modules(source):
            self.load(other)
        if member and (member in module.bound or member in module.aliases):
            self.resolve(module, member)
        else:
            self.whole((member and _own(f"{source}.{member}")) or module)

    def _entries(self, module: "_Module", name: str, key: str | None) -> None:
        """Reach what a table of modules names under a key; without one, all that it names."""
        if key and is_outside(key):
            for path in _files_outside(key.partition(":")[0]):
                self.whole(_Module(str(path), path))
            return
        (place,) = module.bound[name]
        node = module.statements[place]
        assert isinstance(node, ast.Assign)
        table = ast.literal_eval(node.value)
        named = [table[key]] if key else list(table.values())
        self.counted[module.name, place] = repr(named)
        for reference in chain.from_iterable(named):
            source, _, member = reference.partition(":")
            self.follow(source, member)


class _Module:
    """The top-level statements of a file, and the names that they bind."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        body = ast.parse(path.read_text(encoding="utf-8")).body
        self.statements = body[1:] if body and _is_docstring(body[0]) else body
        self.bound: dict[str, list[int]] = {}
        self.aliases: dict[str, list[tuple[str, str | None]]] = {}
        self.imported: set[str] = set()
        self.effects: list[int] = []
        self._facts: dict[int, tuple[str, _Names, _Names]] = {}
        for place, node in enumerate(self.statements):
            self._enter(place, node)
        for place, node in enumerate(self.statements):
            if self._may_register(node):
                self.effects.append(place)

    def counts(self, place: int) -> bool:
        """Whether a statement is none of `UNCOUNTED`."""
        names = [self.name, *(f"{self.name}.{name}" for name in _binds(self.statements[place]))]
        return UNCOUNTED.keys().isdisjoint(names)

    def _enter(self, place: int, node: ast.stmt) -> None:
        if isinstance(node, ast.If) and RUN_NEVER in ast.dump(node.test):
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
            return
        names = list(_binds(node))
        if not names:  # runs at import, with whatever it does
            self.effects.append(place)
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    self._import(inner)
                names.append(getattr(inner, "id", getattr(inner, "name", "")) or "")
        for name in dict.fromkeys(names):
            self.bound.setdefault(name, []).append(place)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, source, member in _imports(node):
            self.aliases.setdefault(name, []).append((source, member))
            self.imported |= {source, f"{source}.{member}" if member else source}
            if name == "*":
                raise NotImplementedError(f"{self.name} imports *, which says no names")

    def _may_register(self, node: ast.stmt) -> bool:
        """Whether a decorator of this package may keep a function or class for other code."""
        for decorator in getattr(node, "decorator_list", ()):
            for inner in ast.walk(decorator):
                if getattr(inner, "id", "") in self.bound.keys() | self.aliases.keys():
                    return True
        return False

    def facts(self, place: int) -> tuple[str, _Names, _Names]:
        """`_read` of a statement, once."""
        if place not in self._facts:
            self._facts[place] = _read(self.statements[place])
        return self._facts[place]


def _binds(node: ast.stmt) -> Iterator[str]:
    """Names that a definition or a plain assignment binds; none of any other statement."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    parts = [part for target in targets for part in getattr(target, "elts", [target])]
    if all(isinstance(part, ast.Name) for part in parts):
        yield from (part.id for part in parts if isinstance(part, ast.Name))


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str, str | None]]:
    """Name, module and member of what an import of this package binds."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".")[0] == PACKAGE.name:
                yield alias.asname or PACKAGE.name, alias.name, None
    elif node.module and node.module.split(".")[0] == PACKAGE.name:
        for alias in node.names:
            yield alias.asname or alias.name, node.module, alias.name


def _read(statement: ast.stmt) -> tuple[str, _Names, _Names]:
    """Digest of what counts in a statement, the names in it, and (module, member) of its imports.

    Of each node the text has its kind, and of each field the value, or how many nodes follow.
    """
    text: list[str] = []
    names: set[tuple[str, str | None]] = set()
    imports: set[tuple[str, str | None]] = set()
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        kind = type(node)
        text.append(kind.__name__)
        if kind is ast.Name:
            names.add((node.id, None))  # type: ignore[attr-defined]
        elif kind is ast.Attribute and type(node.value) is ast.Name:  # type: ignore[attr-defined]
            names.add((node.value.id, node.attr))  # type: ignore[attr-defined]
            text += [node.value.id, node.attr]  # type: ignore[attr-defined]
            continue
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imports |= {(source, member) for _, source, member in _imports(node)}
        for field, value in vars(node).items():
            if field in NO_CODE or (field == "annotation" and kind is ast.arg):
                continue
            if field == "exc" and _is_input_error(value):
                value = value.func
            if isinstance(value, list):
                value = _counted(value) if field in BLOCKS else value
                text.append(str(len(value)))
                for part in value:
                    if isinstance(part, ast.AST):
                        pending.append(part)
                    else:  # such as the missing default of a keyword
                        text.append(repr(part))
            elif isinstance(value, ast.AST):
                text.append(field)
                pending.append(value)
            else:
                text.append(repr(value))
    digest = hashlib.sha256("\0".join(text).encode()).hexdigest()
    return digest, frozenset(names), frozenset(imports)


def _counted(block: list[ast.stmt]) -> list[ast.stmt]:
    """A block without its docstring and what it logs."""
    kept = block[1:] if block and _is_docstring(block[0]) else block
    return [node for node in kept if not _logs(node)]


def _is_input_error(value: object) -> bool:
    """Whether an `InputError` is raised, whose words count nothing."""
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") == InputError.__name__


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _logs(node: ast.stmt) -> bool:
    """Whether a statement logs values that are at hand, and does nothing else."""
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    call = node.value
    plain = not any(isinstance(inner, ast.Call) for part in call.args for inner in ast.walk(part))
    return plain and getattr(getattr(call.func, "value", None), "id", "") == "logger"


@cache
def _modules(name: str) -> list[_Module]:
    """The module of a name and the packages around it, outermost first."""
    return [_module(path) for path in module_files(name)]


@cache
def _own(name: str) -> _Module | None:
    """The module of this package that has a name."""
    files = module_files(name)
    module = _module(files[-1]) if files else None
    return module if module and module.name == name else None


@cache
def _module(path: Path) -> _Module:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return _Module(".".join(part for part in parts if part != "__init__"), path)


@cache
def _files_outside(module: str) -> tuple[Path, ...]:
    """Files of the outermost package of a module that is not of this one, or its only file."""
    found = find_spec(module.split(".")[0])
    if found is None:
        raise InputError(
            f"no module {module!r}; install its package, or add its folder to PYTHONPATH"
        )
    folders = [Path(folder) for folder in found.submodule_search_locations or ()]
    if folders:
        return tuple(sorted(path for folder in folders for path in folder.rglob("*.py")))
    return (Path(str(found.origin)),)


@cache
def _files_below(package: Path, name: str) -> tuple[Path, ...]:
    parts = name.split(".")
    if parts[0] != package.name:
        return ()
    files = [package.joinpath(*parts[1:i], "__init__.py") for i in range(1, len(parts) + 1)]
    files.append(package.joinpath(*parts[1:]).with_suffix(".py") if parts[1:] else files[0])
    return tuple(dict.fromkeys(file for file in files if file.is_file()))
