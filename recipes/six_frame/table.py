"""The table of genomes: which file of which package, and how to read it."""

import csv
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from seqcast.core.errors import InputError

TABLE = Path(__file__).with_name("genomes.tsv")
ARCHIVES = {"sdist": "pypi", "wheel": "pypi", "deb": "debian"}  # kind of package: registry
FORMATS = {"genbank": 1, "fasta": 1, "gff": 1, "cgview": 1, "prot_table": 2}  # number of files
LABELS = ("annotated", "prodigal", "phanotate", "pyrodigal", "pyrodigal_meta")
USES = ("train", "validation", "no")


@dataclass(frozen=True)
class Package:
    """A package of a registry.

    Attributes
    ----------
    archive : {"sdist", "wheel", "deb"}
    name : str
    version : str
    """

    archive: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.archive})"


@dataclass(frozen=True)
class Genome:
    """A row of the table; README.md describes the columns.

    Attributes
    ----------
    name : str
        Also the name of the file made.
    package : Package
    files : tuple of str
        Paths inside the package; in a source package, below its only folder.
    format : str
        One of `FORMATS`.
    labels : str
        One of `LABELS`; those that begin with "pyrodigal" are made here.
    organism : str
    genetic_code : int
        Translation table of the CDS features that state none.
    species_group : str
        Genomes so close to each other that they belong to the same side of a split.
    use : {"train", "validation", "no"}
    content_sha256 : str
        What `gene_files.Facts` must say; empty: not checked.
    """

    name: str
    package: Package
    files: tuple[str, ...]
    format: str
    labels: str
    organism: str
    genetic_code: int
    species_group: str
    use: str
    content_sha256: str


def read_genomes(path: str | Path = TABLE) -> list[Genome]:
    """Read the table, in its order.

    Raises
    ------
    InputError
        If a name occurs twice, or a cell holds something unknown.
    """
    with Path(path).open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
    genomes = [_genome(row, path) for row in rows]
    names = [genome.name for genome in genomes]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{path} has {name} twice; expected each name once. Rename one.")
    return genomes


def _genome(row: dict[str, str], path: str | Path) -> Genome:
    """A row, its cells checked."""
    _check(row, "archive", ARCHIVES, path)
    _check(row, "registry", [ARCHIVES[row["archive"]]], path)
    _check(row, "format", FORMATS, path)
    _check(row, "labels", LABELS, path)
    _check(row, "use", USES, path)
    files = tuple(row["file"].split(","))
    outside = [file for file in files if ".." in PurePosixPath(file).parts or file.startswith("/")]
    if len(files) != FORMATS[row["format"]] or outside:
        raise InputError(
            f"{path}: {row['name']} has the file {row['file']!r}; expected "
            f"{FORMATS[row['format']]} comma-separated path(s) inside the package."
        )
    return Genome(
        row["name"], Package(row["archive"], row["package"], row["version"]), files, row["format"],
        row["labels"], row["organism"], int(row["genetic_code"]), row["species_group"], row["use"],
        row["content_sha256"],
    )  # fmt: skip


def _check(row: dict[str, str], column: str, known: object, path: str | Path) -> None:
    """Refuse a cell that is not among the known ones."""
    if row[column] not in list(known):  # type: ignore[call-overload]
        raise InputError(
            f"{path}: {row['name']} has the {column} {row[column]!r}; expected one of "
            f"{', '.join(known)}."  # type: ignore[arg-type]
        )
