"""Options that commands share, and what is checked of them before a command starts."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from seqcast.core.errors import InputError
from seqcast.core.store import file_sha256
from seqcast.transcripts.given import CDS_OPTIONS

MOST_THREADS = 1024


def add_cds(command: argparse.ArgumentParser, more: str = "") -> None:
    """Add what says where the CDS of each sequence is; `more` ends its help."""
    command.add_argument(
        "--cds", choices=[name for name in CDS_OPTIONS if name], default="",
        help="whole: each sequence is a CDS; none: none has one; default: what the columns "
        f"cds_start and cds_end say, if there{more}",
    )  # fmt: skip


def add_computing(command: argparse.ArgumentParser) -> None:
    """Add the options of how a model computes."""
    command.add_argument("--device", default="auto", help="auto, cpu, cuda")
    command.add_argument("--precision", default="fp32", help="fp32, tf32 or bf16")
    command.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")


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
