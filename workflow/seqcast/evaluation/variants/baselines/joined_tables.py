"""Scores of other programs, joined from tables that a user has: CADD, AVI, our own.

A table is text between tabs with a header (plain, or packed in any way that `core.text_files`
knows), a VCF, or parquet. One that is indexed by tabix is read at the positions of the variants
alone; any other is read once from its start, with what is not asked for passed over. Alleles are
joined as they are written, contigs by the names of the genome and its table of aliases.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pysam

from seqcast.core.errors import InputError
from seqcast.core.store import column_names, read_table
from seqcast.core.text_files import DAMAGE, packing_of, refuse_other_formats, truncated
from seqcast.evaluation.variants.baselines.registry import NamedFile
from seqcast.evaluation.variants.labelled_variants import SCORED
from seqcast.genome.fasta import quiet_htslib
from seqcast.genome.vcf import is_table

logger = logging.getLogger(__name__)

Place = tuple[str, int]  # contig of the genome, and position, 1-based
Resolve = Callable[[str], str | None]

NAMES = {  # of columns, in lower case and without a leading #
    "chrom": ("chrom", "chr", "chromosome", "contig"), "pos": ("pos", "position"),
    "ref": ("ref", "reference"), "alt": ("alt", "alternate"),
}  # fmt: skip
INDEXES = (".tbi", ".csi")
BUILDS = {
    "GRCh38": ("grch38", "hg38"), "GRCh37": ("grch37", "hg19", "b37"),
    "T2T-CHM13": ("chm13", "hs1"), "GRCm38": ("grcm38", "mm10"), "GRCm39": ("grcm39", "mm39"),
}  # fmt: skip
MISSING = {"", ".", "na", "nan"}
LEAST_PLACES, MOST_WRONG = 10, 0.3  # places with rows, and fraction with another REF, to warn
NOT_IN_SCORES, NO_CONTIG = "not_in_scores", "contig_not_in_file"


class Found(NamedTuple):
    """A row of a table at a place that was asked for; the score is text, or "" if there is none."""

    ref: str
    alt: str
    score: str


class Joined(NamedTuple):
    """What a table says of some variants.

    Attributes
    ----------
    values : ndarray of float64, shape=(rows,)
        NaN if there is none.
    status : ndarray of str, shape=(rows,)
        "scored" or a key of `labelled_variants.UNSCORED`.
    repeated : int
        Variants of which the table has several rows with one score.
    """

    values: np.ndarray
    status: np.ndarray
    repeated: int


def join_table(
    table: NamedFile, path: str | Path, variants: pl.DataFrame, resolve: Resolve,
    assembly: str = "",
) -> Joined:  # fmt: skip
    """The score that a table has of each variant.

    Parameters
    ----------
    table : NamedFile
        Its column, and what counts of a score.
    path : path
    variants : DataFrame
        ``contig`` (of the genome; null if it has none), ``pos`` (1-based), ``ref`` and ``alt``.
    resolve : callable
        A name of a contig in the table to that of the genome; None if it has no such contig.
    assembly : str
        Of the variants. If it is one of `BUILDS` and the header names another one alone, no row is
        joined (status ``other_build``).

    Returns
    -------
    Joined
        A table with several scores of a variant has none (``scores_differ``), as has one with other
        alleles at the position: ``alleles_exchanged``, ``other_alleles`` (of the same REF) or
        ``ref_differs``.

    Raises
    ------
    InputError
        If the file is missing or damaged, or lacks a column.
    """
    if not Path(path).is_file():
        raise InputError(f"{path} does not exist; expected the table of {table.name}")
    places = variants.select("contig", "pos").drop_nulls().unique().rows()
    reader = _parquet_rows if is_table(path) else _text_rows
    comments, contigs, rows = reader(Path(path), table.column, set(places), resolve)
    if told := _other_build(comments, assembly):
        logger.warning(
            "%s: the header names %s, the variants are on %s: none of it is joined", path, told,
            assembly,
        )  # fmt: skip
        status = np.full(len(variants), "other_build", dtype=object)
        return Joined(np.full(len(variants), np.nan), status, 0)
    columns = variants.select("contig", "pos", "ref", "alt").iter_rows()
    found = [_match(rows, contigs, table, *one) for one in columns]
    status = np.array([one[1] for one in found], dtype=object)
    _tell(path, table, status, repeated := sum(one[2] for one in found))
    return Joined(np.array([one[0] for one in found], dtype=float), status, repeated)


def _match(
    rows: Mapping[Place, Sequence[Found]], contigs: set[str], table: NamedFile,
    contig: str | None, pos: int, ref: str, alt: str,
) -> tuple[float, str, bool]:  # fmt: skip
    """Score, status, and whether the table has it repeatedly."""
    if contig is None or contig not in contigs:
        return np.nan, NO_CONTIG, False
    here = rows.get((contig, pos), ())
    ref, alt = ref.upper(), alt.upper()
    if not (mine := [one for one in here if (one.ref, one.alt) == (ref, alt)]):
        return np.nan, _other_alleles(here, ref, alt), False
    numbers = {_number(one.score) for one in mine} - {None}
    if len(numbers) != 1:
        return np.nan, "scores_differ" if numbers else "no_value", False
    value = float(numbers.pop() or 0)
    return table.sign * (abs(value) if table.magnitude else value), SCORED, len(mine) > 1


def _other_alleles(here: Sequence[Found], ref: str, alt: str) -> str:
    """Why none of the rows at a place is of these alleles."""
    if not here:
        return NOT_IN_SCORES
    if any((one.ref, one.alt) == (alt, ref) for one in here):
        return "alleles_exchanged"
    return "other_alleles" if any(one.ref == ref for one in here) else "ref_differs"


def _number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text) if text.strip().lower() not in MISSING else np.nan
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _tell(path: str | Path, table: NamedFile, status: np.ndarray, repeated: int) -> None:
    """Log how many variants have which status, and what points to another build."""
    counts = Counter(status.tolist())
    told = ", ".join(f"{n} {name}" for name, n in counts.most_common())
    logger.info("%s: %s; %d of them in several equal rows", path, told, repeated)
    there = sum(counts[name] for name in (SCORED, "alleles_exchanged", "other_alleles",
                                          "scores_differ", "no_value", "ref_differs"))  # fmt: skip
    if there >= LEAST_PLACES and counts["ref_differs"] >= MOST_WRONG * there:
        logger.warning(
            "%s: %s has another REF at %d of the %d positions that it shares with the variants; "
            "is it of another build?", path, table.name, counts["ref_differs"], there,
        )  # fmt: skip


def _other_build(comments: str, assembly: str) -> str:
    """The build that comments name, if it is another one than that of the assembly; or ""."""
    mine = _builds_in(assembly)
    named = _builds_in(comments)
    return ", ".join(sorted(named)) if mine and named and not mine & named else ""


def _builds_in(text: str) -> set[str]:
    text = text.lower()
    return {build for build, names in BUILDS.items() if any(name in text for name in names)}


class _Header(NamedTuple):
    """Where the columns of a table of text are."""

    comments: str
    chrom: int
    pos: int
    ref: int
    alt: int
    score: int
    key: str  # of INFO, which stands at `score`; or ""


def _text_rows(
    path: Path, column: str, places: set[Place], resolve: Resolve
) -> tuple[str, set[str], dict[Place, list[Found]]]:
    """Comments, contigs that the table has, and its rows at the places."""
    header = _read_header(path, column)
    index = next((Path(f"{path}{end}") for end in INDEXES if Path(f"{path}{end}").is_file()), None)
    contigs: set[str] = set()
    rows: dict[Place, list[Found]] = {}
    lines = (
        _all_lines(path) if index is None
        else _indexed_lines(path, index, places, resolve, contigs, header.pos)
    )  # fmt: skip
    known: dict[str, str | None] = {}
    for cells in lines:
        name = cells[header.chrom]
        if name not in known:
            known[name] = resolve(name)
        if (contig := known[name]) is None:
            continue
        contigs.add(contig)
        pos = cells[header.pos]
        if not pos.isdigit() or (place := (contig, int(pos))) not in places:
            continue
        rows.setdefault(place, []).extend(_alleles(cells, header))
    return header.comments, contigs, rows


def _alleles(cells: Sequence[str], header: _Header) -> Iterator[Found]:
    """The alleles of a line; a VCF may have several, with a score for each or one for all."""
    ref, alts, score = cells[header.ref].upper(), cells[header.alt].upper(), cells[header.score]
    if not header.key:
        yield Found(ref, alts, score)
        return
    info = dict(item.partition("=")[::2] for item in score.split(";"))
    scores = info.get(header.key, "").split(",")
    several = alts.split(",")
    for number, alt in enumerate(several):
        yield Found(ref, alt, scores[number] if len(scores) == len(several) else scores[0])


def _read_header(path: Path, column: str) -> _Header:
    """Columns of a table, from the first line that is no comment, or the last that is one."""
    comments: list[str] = []
    names: list[str] = []
    for line in _lines(path):
        if line.startswith("##") or (line.startswith("#") and "\t" not in line):
            comments.append(line)
            continue
        names = line.removeprefix("#").split("\t")
        break
    lower, at = [name.strip().lower() for name in names], _places_of(names)
    is_vcf = column not in names and "info" in lower
    score = lower.index("info") if is_vcf else names.index(column) if column in names else None
    missing = [key for key, place in {**at, column: score}.items() if place is None]
    if missing:
        raise InputError(
            f"{path} has no column {missing[0]!r}; expected a table between tabs with chrom, pos "
            f"(1-based), ref, alt and {column}. It has {', '.join(names[:20]) or 'no header'}."
        )
    found = {key: place for key, place in at.items() if place is not None}
    return _Header("\n".join(comments), score=score or 0, key=column if is_vcf else "", **found)


def _places_of(names: Sequence[str]) -> dict[str, int | None]:
    """Which column is each of `NAMES`, if any is."""
    lower = [name.strip().lower() for name in names]
    return {key: next((lower.index(n) for n in known if n in lower), None)
            for key, known in NAMES.items()}  # fmt: skip


def _lines(path: Path) -> Iterator[str]:
    """Lines of a file that may be packed."""
    with path.open("rb") as raw:
        head = raw.read(18)
        refuse_other_formats(head, path, "a table of scores")
        raw.seek(0)
        packing = packing_of(head)
        try:
            for line in packing.open(raw) if packing else raw:
                yield line.decode(errors="replace").rstrip("\r\n")
        except DAMAGE as error:
            raise truncated(path, error, "a table of scores") from error


def _all_lines(path: Path) -> Iterator[list[str]]:
    """Cells of all lines but comments and the header, which is no row of any place."""
    width = 0
    for number, line in enumerate(_lines(path), start=1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        width = width or len(cells)
        if len(cells) < width:
            raise InputError(
                f"{path}, line {number} has {len(cells)} cells, its first {width}; expected as "
                "many in each. Is the file truncated?"
            )
        yield cells


def _indexed_lines(
    path: Path, index: Path, places: Iterable[Place], resolve: Resolve, contigs: set[str],
    at_pos: int,
) -> Iterator[list[str]]:  # fmt: skip
    """Cells of the lines that begin at the places; `contigs` gets those that the index has."""
    try:
        with quiet_htslib(), pysam.TabixFile(str(path), index=str(index)) as file:
            names = {contig: name for name in file.contigs if (contig := resolve(name))}
            contigs.update(names)
            for contig, pos in sorted(places):
                if contig in names:
                    lines = (line.split("\t") for line in file.fetch(names[contig], pos - 1, pos))
                    yield from (cells for cells in lines if cells[at_pos] == str(pos))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read by its index {index.name} ({error}); expected both of one "
            "version. Make the index again with tabix, or remove it."
        ) from error


def _parquet_rows(
    path: Path, column: str, places: set[Place], resolve: Resolve
) -> tuple[str, set[str], dict[Place, list[Found]]]:
    """As `_text_rows`, of a parquet table."""
    names = column_names(path)
    at = {key: None if place is None else names[place] for key, place in _places_of(names).items()}
    at["score"] = column if column in names else None
    if missing := [key for key, name in at.items() if name is None]:
        raise InputError(
            f"{path} has no column {missing[0].replace('score', column)!r}; expected chrom, pos, "
            f"ref, alt and {column}. It has {', '.join(names[:20])}."
        )
    found = {key: name for key, name in at.items() if name is not None}
    table = read_table(path, list(dict.fromkeys(found.values())))
    asked = pl.DataFrame(list(places), schema={"contig": pl.String, "pos": pl.Int64}, orient="row")
    chosen = table.select(pl.col(name).alias(key) for key, name in found.items())
    chroms = chosen["chrom"].cast(pl.String).unique().to_list()
    known = pl.DataFrame(
        {"chrom": chroms, "contig": [resolve(chrom) for chrom in chroms]},
        schema={"chrom": pl.String, "contig": pl.String},
    )
    here = (
        chosen.with_columns(pl.col("chrom").cast(pl.String), pl.col("pos").cast(pl.Int64))
        .join(known, on="chrom").join(asked, on=["contig", "pos"], how="semi")
    )  # fmt: skip
    rows: dict[Place, list[Found]] = {}
    for contig, pos, ref, alt, score in here.select(
        "contig", "pos", "ref", "alt", "score"
    ).iter_rows():
        text = "" if score is None else str(score)
        rows.setdefault((contig, pos), []).append(Found(ref.upper(), alt.upper(), text))
    return "", set(known["contig"].drop_nulls().to_list()), rows
