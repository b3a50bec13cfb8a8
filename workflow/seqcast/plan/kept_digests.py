"""Digests of code that an earlier start of Snakemake found, for later ones.

To follow the code of all rules takes as long as all else that a start does, and each job of a
cluster is another start. Digests are kept next to what Python compiled, under a digest of all code
of the package: after any edit they are found again.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path


def kept_digest(package: Path, name: str, find: Callable[[], str]) -> str:
    """The digest that is kept under a name, or the one that is found now, which is kept.

    Parameters
    ----------
    package : path
        Folder of the package whose code decides the digest, together with the name.
    name : str
        All else that decides it.
    find : callable
        Makes the digest.

    Returns
    -------
    str
        Of a start without a place to keep files, what `find` gives.
    """
    code = package_digest(package)
    path, known = kept_file(package), f"{code} {name}"
    kept: dict[str, str] = {}
    with suppress(OSError, ValueError, AttributeError):  # none is there, or it is damaged
        found = json.loads(path.read_text()).items()
        kept = {key: digest for key, digest in found if key.startswith(code)}
    if known not in kept:
        kept[known] = find()
        if not sys.dont_write_bytecode:
            with suppress(OSError):  # a folder of someone else
                path.parent.mkdir(parents=True, exist_ok=True)
                (whole := path.with_suffix(f".{os.getpid()}")).write_text(json.dumps(kept))
                whole.replace(path)
    return kept[known]


@cache
def package_digest(package: Path) -> str:
    """Digest of all code of a package."""
    found = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        found.update(f"\0{path.relative_to(package)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def kept_file(package: Path) -> Path:
    """Where digests of a package are kept."""
    return Path(cache_from_source(str(package / "plan/kept_digests.py"))).with_suffix(".json")
