"""Baselines of benchmarks of variants: what each scores by, and what it needs.

A sequence model is worth its cost where it is better than these.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from seqcast.core.errors import InputError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class Baseline:
    """A method without a sequence model.

    Attributes
    ----------
    about : str
        What its score is; the higher, the more likely a positive.
    lacking : str
        Why it is left out if what it needs is not given; empty, it needs nothing more.
    """

    about: str
    lacking: str = ""


# Those that read other files of the user have the names that the user gives them.
CONSERVATION, SCORE_TABLES = "conservation", "score_tables"
DISTANCE, PAS, TSS, RANDOM, SALUKI = "distance", "pas_distance", "tss_distance", "random", "saluki"
GC_LENGTH, KMER = "gc_length", "kmer"
NO_GENOME = "no genome and annotation are given"
BASELINES = {
    SALUKI: Baseline(
        "mean magnitude of the change of half-life by Saluki's models",
        "no file of Saluki's scores is named in the column saluki",
    ),
    DISTANCE: Baseline(
        "the distance that the file gives, the nearer the higher",
        "no distance is named in the column strata, or no row has one",
    ),
    PAS: Baseline("distance to the 3' end of the gene, the nearer the higher", NO_GENOME),
    TSS: Baseline(
        "distance to the transcription start of the gene, the nearer the higher", NO_GENOME
    ),
    GC_LENGTH: Baseline(
        "ridge regression of the class on GC content around the variant, the change of GC and "
        "length, and lengths of the gene, trained on the other chromosomes",
        NO_GENOME,
    ),
    KMER: Baseline(
        "ridge regression of the class on the k-mers that ALT adds and removes, and on those "
        "around, trained on the other chromosomes",
        NO_GENOME,
    ),
    CONSERVATION: Baseline(
        "mean of a conservation track over the bases that ALT changes",
        "no bigWig (phyloP, phastCons) is named in the column conservation",
    ),
    SCORE_TABLES: Baseline(
        "a score of ALT in a table of another program",
        "no table (CADD, AVI or another) is named in the column score_tables",
    ),
    RANDOM: Baseline("uniform random numbers"),
}


@dataclass(frozen=True)
class NamedFile:
    """A file of scores that a cell names.

    Attributes
    ----------
    name : str
        Of the method.
    path : str
        As the cell has it.
    column : str
        Of a table; of a VCF a key of INFO.
    sign : {1, -1}
        -1: low scores are those of positives.
    magnitude : bool
        Whether the size of a score counts, whatever its sign.
    """

    name: str
    path: str
    column: str = ""
    sign: int = 1
    magnitude: bool = False


def conservation_tracks(cell: str | None) -> list[NamedFile]:
    """Tracks of a cell such as ``phyloP=phylop.bw; phastCons=phastcons.bw``.

    Raises
    ------
    InputError
        If a part has no name or path, or a name comes twice or is that of a baseline.
    """
    return _checked([NamedFile(*_named(part, CONSERVATION)) for part in _parts(cell)], CONSERVATION)


def score_tables(cell: str | None) -> list[NamedFile]:
    """Tables of a cell such as ``CADD=cadd.tsv.gz:PHRED; GPN=gpn.gz:-score; AVI=avi.gz:|delta|``.

    Behind the last colon stands the column: ``-score`` where low scores are those of positives,
    ``|delta|`` where the magnitude counts.

    Raises
    ------
    InputError
        As of `conservation_tracks`, or if a part has no column.
    """
    found = []
    for part in _parts(cell):
        name, rest = _named(part, SCORE_TABLES)
        path, colon, column = rest.rpartition(":")
        inner = column.removeprefix("-").strip("|").strip()
        if not (colon and path and inner):
            raise InputError(
                f"score_tables has {part!r}; expected name=path:column, such as "
                "CADD=whole_genome_SNVs.tsv.gz:PHRED"
            )
        sign = -1 if column.startswith("-") else 1
        is_magnitude = column.removeprefix("-").startswith("|")
        found.append(NamedFile(name, path, inner, sign, is_magnitude))
    return _checked(found, SCORE_TABLES)


def left_out(found: Collection[str]) -> dict[str, str]:
    """Baselines that are not among the methods that were found, with the reason."""
    return {name: one.lacking for name, one in BASELINES.items() if name not in found}


def _parts(cell: str | None) -> list[str]:
    return [part.strip() for part in (cell or "").split(";") if part.strip()]


def _named(part: str, column: str) -> tuple[str, str]:
    """Name and path of a part of a cell."""
    name, _, path = (text.strip() for text in part.partition("="))
    if not path or not NAME.fullmatch(name):
        raise InputError(
            f"{column} has {part!r}; expected name=path, such as phyloP=phylop.bw, parts separated "
            "by semicolons, and no blanks in names"
        )
    return name, path


def _checked(found: list[NamedFile], column: str) -> list[NamedFile]:
    """Refuse a name that comes twice, or is that of a baseline of another kind."""
    names = [one.name for one in found]
    check_new(names, [name for name in BASELINES if name != column], column)
    return found


def check_new(names: Iterable[str], known: Iterable[str], column: str) -> None:
    """Refuse a name of a method that another method has.

    Raises
    ------
    InputError
    """
    seen = set(known)
    for name in names:
        if name in seen:
            raise InputError(
                f"{column} has {name!r}, the name of another method; expected a name of its own"
            )
        seen.add(name)
