"""Options that commands share, and what is checked of them before a command starts."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from seqcast.core.errors import InputError
from seqcast.core.store import file_sha256

MOST_THREADS = 1024
PICTURES = (".png", ".svg")


def one_of(names: Sequence[str]) -> Parameter:
    """An option that takes one of these words."""
    return Parameter(choices=names)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Computing:
    """How a model computes.

    Attributes
    ----------
    device : str
        auto, cpu or cuda.
    precision : str
        fp32, tf32 or bf16.
    threads : int
        CPU threads.
    """

    device: str = "auto"
    precision: str = "fp32"
    threads: int = 1


def tell_set(counts: Mapping[str, int], written: Iterable[Path]) -> None:
    """Print what became of the candidates of a benchmark set, and the checksums of its files."""
    lines = [f"{number:8,}  {status}" for status, number in counts.items()]
    lines += [f"{path}  sha256 {file_sha256(path)}" for path in written]
    sys.stdout.writelines(f"{line}\n" for line in lines)


def check_threads(threads: int) -> None:
    """Stop at a number of threads that cannot be."""
    if not 1 <= threads <= MOST_THREADS:
        raise InputError(f"--threads {threads}: expected 1 to {MOST_THREADS}")


def check_folders(path: str | Path) -> None:
    """Stop where an output would lie below what is a file."""
    if files := [parent for parent in Path(path).parents if parent.is_file()]:
        raise InputError(f"{path} cannot be written: {files[0]} is a file; expected a folder")


def check_regular(option: str, path: str, remedy: str = "give another name") -> None:
    """Stop where an output would replace a folder or a device, or lies below a file.

    Links are followed.
    """
    check_folders(path)
    if Path(path).exists() and not Path(path).is_file():
        raise InputError(f"{option} {path} is no regular file; {remedy}")


def check_given(paths: Iterable[str | Path | None]) -> None:
    """Stop at the first input that is no file."""
    for path in paths:
        if path and not Path(path).is_file():
            raise InputError(f"{path} does not exist; give the path of a file")


def check_outputs(written: Iterable[Path], read: Iterable[str | Path | None], names: str) -> None:
    """Stop where an output would replace an input, or another output.

    Parameters
    ----------
    written : iterable of Path
    read : iterable of path
        None and "-" are no files.
    names : str
        Options that name outputs, for the message.
    """
    inputs = {Path(name).resolve() for name in read if name not in (None, "-")}
    resolved = [path.resolve() for path in written]
    if clash := [path for path in resolved if path in inputs or resolved.count(path) > 1]:
        raise InputError(
            f"{clash[0]} would be replaced: it is an input, or written twice; give {names} another "
            "name"
        )
