"""Settings that people write as JSON: the shape of a network, the recipe of a training."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from reprlib import Repr
from typing import Any, TypeVar

from seqcast.core.errors import InputError

Settings = TypeVar("Settings")
PRECISIONS = ("fp32", "tf32", "bf16")  # of products
AUTO = "auto"  # in a recipe: the faster of fp32 and bf16
LARGEST_BYTES = 10_000_000  # of a file; those published have some thousand
DEEPEST = 16  # objects and lists inside each other
# Bounds of sizes, so that a slip of a digit is refused before memory is allocated; listed in
# docs/reference/formats.md.
LARGEST_WIDTH = 65_536
LARGEST_REPEAT = 256  # of layers or blocks
LARGEST_LENGTH = 2**24  # bases or tokens
LARGEST_VOCABULARY = 2**20  # tokens
MOST_WEIGHTS = 4 * 10**9  # of a network: 16 GB
_SHOWN = Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 200
_SHOWN.maxlist = _SHOWN.maxtuple = _SHOWN.maxdict = 8
_SHOWN.maxlevel = 3


def read_settings(path: str | Path, what: str, parse: Callable[[dict], Settings]) -> Settings:
    """What `parse` makes of a JSON object.

    Parameters
    ----------
    path : path
    what : str
        What the file should hold, for messages: "hyperparameters", "a recipe".
    parse : callable

    Raises
    ------
    InputError
        That names the file: if it is no JSON object, has a key twice or endless depth, or `parse`
        refuses it.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; expected {what}") from error
    except OSError as error:
        raise InputError(
            f"{path}: not readable ({error.strerror}); expected a JSON file: {what}"
        ) from error
    except ValueError as error:  # a path that holds a zero byte, or half of a UTF-16 pair
        raise InputError(f"{str(path)!r} cannot be a path ({error})") from error
    try:
        if len(content) > LARGEST_BYTES:
            raise InputError(f"more than {LARGEST_BYTES:,} bytes; expected {what}")
        return parse(checked_settings(_decoded(content, what), what))
    except InputError as error:
        raise InputError(f"{path}: {_printable(str(error))}") from error


def _printable(text: str) -> str:
    """Control characters and halves of UTF-16 pairs, which names in JSON may hold, as escapes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _decoded(content: bytes, what: str) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)
    except InputError:
        raise
    except RecursionError as error:
        raise InputError(f"objects and lists more than {DEEPEST} deep; expected {what}") from error
    except ValueError as error:
        raise InputError(f"not valid JSON ({error}); expected {what}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys come once; Python's reader would take the last one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"key {twice!r} is there more than once; keep one of them")
    return found


def checked_settings(values: Any, what: str) -> dict[str, Any]:
    """`values` as a dict, if they are a mapping of bounded depth and numbers of bounded length.

    Raises
    ------
    InputError
    """
    if not isinstance(values, Mapping):
        raise InputError(f"found {shown(values)}; expected a JSON object: {what}")
    level, depth = [("", values)], 0
    while level:
        if depth > DEEPEST:
            raise InputError(f"{level[0][0]}: more than {DEEPEST} deep; expected {what}")
        level = [pair for name, value in level for pair in _inside(name, value)]
        depth += 1
    return dict(values)


def _inside(name: str, value: Any) -> list[tuple[str, Any]]:
    """What is in an object or a list, by name: ``model.trunk[0]``."""
    if isinstance(value, Mapping):
        return [(f"{name}.{shown(key)}" if name else str(key), one) for key, one in value.items()]
    if isinstance(value, list | tuple):
        return [(f"{name}[{i}]", one) for i, one in enumerate(value)]
    if isinstance(value, int) and value.bit_length() > 1024:
        raise InputError(f"{name} is a number of {value.bit_length()} bits; expected one of 64")
    return []


def shown(value: Any) -> str:
    """A value as messages show it: cut where it is long."""
    return _SHOWN.repr(value)


def require(holds: bool, name: str, value: Any, expected: str) -> None:
    """Refuse a setting, in the words that all of them share."""
    if not holds:
        raise InputError(f"{name} is {shown(value)}; expected {expected}")


def require_size(name: str, value: Any, largest: int = LARGEST_WIDTH, least: int = 1) -> None:
    """Refuse what is no whole number from `least` to `largest`."""
    good = type(value) is int and least <= value <= largest
    require(good, name, value, f"a whole number from {least} to {largest:,}")


def require_weights(sizes: Iterable[int]) -> None:
    """Refuse a network whose tensors, of these sizes, no memory would hold."""
    weights = sum(sizes)
    if weights > MOST_WEIGHTS:
        raise InputError(
            f"these hyperparameters make {weights:,} weights; expected at most {MOST_WEIGHTS:,}"
        )


def require_number(name: str, value: Any, expected: str, holds: Callable[[float], bool]) -> None:
    """Refuse what is no finite number for which `holds` is true."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    require(number and math.isfinite(value) and holds(value), name, value, expected)
