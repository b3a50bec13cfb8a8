"""The files of a job, under the names that its function knows them by."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

Files = TypeVar("Files")


def named_files(kind: Callable[..., Files], given: Any, beside: Collection[str] = ()) -> Files:
    """Fill the fields of a NamedTuple of files from what Snakemake hands to a script.

    Parameters
    ----------
    kind : class of NamedTuple
        A field that is a tuple takes all files of that name, any other takes one.
    given : Namedlist
        ``snakemake.input`` or ``snakemake.output``: a path or a list of paths under each name. An
        empty list is no file: the field keeps its default.
    beside : collection of str
        Names that may be given and are no field: of files that the job needs next to others, as the
        index of a genome, or takes apart from these.

    Raises
    ------
    TypeError
        If a name is neither a field nor in `beside`, a field has no file, or one has several.
    """
    fields = get_type_hints(kind)
    found: dict[str, Any] = {}
    for name, value in given.items():
        paths = (value,) if isinstance(value, str | Path) else tuple(value)
        if name not in fields:
            if name not in beside:
                raise TypeError(f"{name} is no field of {kind.__name__}, and nothing would read it")
        elif get_origin(fields[name]) is tuple:
            found[name] = paths
        elif paths:
            found[name] = _only(name, paths)
    return kind(**found)


def _only(name: str, paths: tuple[str | Path, ...]) -> str | Path:
    if len(paths) > 1:
        raise TypeError(f"{name} has {len(paths)} files; expected one")
    return paths[0]
