"""Lines of GTF and GFF3: read, checked, and joined with their genes."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import check_unpacked, ends_whole, open_bytes, refuse_unless_gzip
from seqcast.genome.annotation_attributes import (
    GFF3_NAMES,
    GTF_NAMES,
    LOST,
    decoded,
    unquoted,
    with_attributes,
)
from seqcast.genome.fasta import compression

COLUMNS = ["chrom", "source", "feature", "start", "end", "score", "strand", "frame", "attributes"]
FURTHER = ["10", "11", "12"]  # columns that are not there
PARTS = ("exon", "CDS", "stop_codon")  # of transcripts; the other lines may be their parents
HEADS = ("gene", "transcript")  # lines of GTF that say more of the parts below them
# How a feature may be spelled: capitals and blanks around it do not count, and GFF3 has accessions
# of the Sequence Ontology too.
SPELLINGS = {name.lower(): name for name in (*PARTS, *HEADS)} | {
    "so:0000147": "exon", "so:0000316": "CDS", "so:0000319": "stop_codon",
}  # fmt: skip
GTF_STYLE, GFF3_STYLE = r'\s*\w+\s+"', r"\s*\w+="  # of the first attribute
NOTHING_MORE: Mapping[str, pl.Expr] = {}
DISPLAY_LINES = (b"track", b"browser")  # of the UCSC genome browser


class Lines(NamedTuple):
    """Lines of an annotation.

    Attributes
    ----------
    parts : DataFrame
        Of exons, CDS and stop codons, in file order: line (0-based, comments not counted),
        feature, chrom, start and end (1-based, inclusive), strand, gene_id, gene_name (null where
        the file has none), transcript_id, the columns asked for; ``key``, which names the
        transcript that the line is of (GTF: its transcript_id; GFF3: its parent, or the ID of a
        CDS without one), and ``of_gene``, 0 but for a transcript of several genes. A line of
        several transcripts is as many rows.
    others : DataFrame
        Genes and transcripts, in GFF3 all other lines: the same columns, of which any may be null,
        ``key`` its own name.
    """

    parts: pl.DataFrame
    others: pl.DataFrame


def annotation_kind(path: Path, *kinds: str) -> str:
    """Format of an annotation by its name: one of ``kinds``, which are gtf, gff3 and parquet.

    Raises
    ------
    InputError
        If the file is missing or named otherwise.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist; expected a GTF or GFF3 file. Download it first.")
    refuse_unless_gzip(path, "GTF or GFF3")
    ending = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    kind = "gff3" if ending == "gff" else ending
    if kind not in kinds:
        others = ", or .parquet" if "parquet" in kinds else ""
        raise InputError(
            f"{path} ends in .{ending}; expected .gtf or .gff3 (with or without .gz){others}. "
            "Name the file by what it holds."
        )
    return kind


def read_lines(
    path: Path,
    columns: Mapping[str, pl.Expr] = NOTHING_MORE,
    missing: Mapping[str, pl.Expr] = NOTHING_MORE,
) -> Lines:
    """Read the lines of a GTF or GFF3 file that say what its genes and transcripts are.

    Comments, blank lines, lines for a genome browser, and the section of FASTA of a GFF3 count for
    nothing; all others have nine columns.

    Parameters
    ----------
    path : Path
        Plain, gzip or bgzip, named by its format.
    columns : mapping of str to Expr
        Further columns.
    missing : mapping of str to Expr
        What else a part may lack, and where it does.

    Returns
    -------
    Lines

    Raises
    ------
    InputError
        If the file is missing, truncated, of another kind or without parts; if a line has not nine
        columns; if a part lacks coordinates, a strand, a gene or what `missing` names, or its
        attributes can be read in two ways; or if one ID leads to two genes.
    """
    is_gtf = annotation_kind(path, "gtf", "gff3") == "gtf"
    found = _collect(path, is_gtf, columns)
    if not is_gtf:
        found = found.with_columns(decoded(name) for name in GFF3_NAMES if name != "Parent")
    is_part = pl.col("feature").is_in(PARTS)
    parts, others = found.filter(is_part), found.filter(~is_part)
    del found
    if parts.is_empty():
        raise InputError(
            f"{path} has no lines of exons or CDS; expected 9 tab-separated columns with 'exon' or "
            "'CDS' in the third. Give an annotation of transcripts, not only of genes."
        )
    if is_gtf:
        parts = parts.with_columns(key=pl.col("transcript_id"), of_gene=pl.lit(0))
        others = others.with_columns(key=pl.col("transcript_id"))
    else:
        parts = _with_genes(parts, others, path)
        others = others.with_columns(key=pl.col("ID"))
    _check_parts(parts, path, missing)
    if parts["gene_name"].has_nulls():
        known = pl.col("gene_name").drop_nulls().first().over("gene_id", "chrom", "strand")
        parts = parts.with_columns(gene_name=pl.coalesce("gene_name", known))
    return Lines(parts, others)


def _collect(path: Path, is_gtf: bool, columns: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Lines that are wanted, with their attributes; all lines of the file have nine columns."""
    if compression(path) == "bgzip" and not ends_whole(path):
        raise _unreadable(path, "it lacks the block that ends a bgzip file")
    check_unpacked(path)
    lines = pl.scan_csv(
        path,
        separator="\t",
        has_header=False,
        comment_prefix="#",
        quote_char=None,
        schema=dict.fromkeys([*COLUMNS, *FURTHER], pl.String),
        missing_columns="insert",
        extra_columns="ignore",
        row_index_name="line",
        encoding="utf8-lossy",
    )
    is_odd = pl.col("attributes").is_null() | pl.coalesce(FURTHER).is_not_null()
    spelled = pl.col("feature").str.strip_chars().str.to_lowercase()
    known = spelled.replace_strict(SPELLINGS, default=None, return_dtype=pl.String)
    lines = lines.with_columns(feature=pl.coalesce(known, "feature"))
    wanted = pl.col("feature").is_in([*PARTS, *HEADS]) if is_gtf else pl.lit(True)
    names = GTF_NAMES if is_gtf else GFF3_NAMES
    try:
        found = (
            with_attributes(lines.filter(wanted | is_odd), is_gtf)
            .select(
                "line", "feature", "chrom", pl.col("start", "end").cast(pl.Int64, strict=False),
                "strand", *names, "broken", is_odd=is_odd, **columns,
            )
            .collect(engine="streaming")  # keeps the order, in half the memory
        )  # fmt: skip
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from error
    if found["is_odd"].any():
        found = found.filter(pl.col("line") < _count_lines(path, is_gtf))
    return found.filter(pl.col("feature").is_not_null()).drop("is_odd")


def _with_genes(parts: pl.DataFrame, others: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Give each part of a GFF3 the genes at the top of its parents; one row a parent and gene."""
    own = (pl.col("feature") == "CDS") & pl.col("Parent").is_null()
    known = pl.concat([others, parts.filter(own).unique(["chrom", "ID"], maintain_order=True)])
    parts = (
        parts.with_columns(key=pl.col("Parent").str.split(","))
        .explode("key")
        .with_columns(pl.col("key").str.strip_chars())
        .with_columns(key=pl.when(own).then("ID").otherwise(decoded("key")))
    )
    parents = _Parents(known, path)
    nameless = parts.filter(pl.col("gene_id").is_null() | pl.col("gene_name").is_null())
    genes = [
        (chrom, key, place, gene_id, name)
        for chrom, key in nameless.select("chrom", "key").unique().drop_nulls().iter_rows()
        for place, (gene_id, name) in enumerate(parents.genes(chrom, key))
    ]
    schema = {"chrom": pl.String, "key": pl.String, "of_gene": pl.Int32,
              "top": pl.String, "top_name": pl.String}  # fmt: skip
    table = pl.DataFrame(genes, schema=schema, orient="row")
    joined = parts.join(table, on=["chrom", "key"], how="left", maintain_order="left")
    place = pl.col("of_gene").fill_null(0)
    return joined.filter((place == 0) | pl.col("gene_id").is_null()).with_columns(
        place,
        gene_id=pl.coalesce("gene_id", "top"),
        gene_name=pl.coalesce("gene_name", "top_name"),
    )


class _Parents:
    """What GFF3's features say of the genes above them, by contig and ID."""

    def __init__(self, lines: pl.DataFrame, path: Path) -> None:
        self.path = path
        self.features: dict[tuple[str, str], tuple[str | None, str, str | None, int]] = {}
        self.contigs: dict[str, set[str]] = {}
        self.twice: dict[tuple[str, str], int] = {}
        columns = lines.filter(pl.col("ID").is_not_null()).select(
            "chrom", "ID", "Parent", "gene_id", "gene_name", "Name", "line"
        )
        for chrom, own, parent, gene_id, gene_name, name, line in columns.iter_rows():
            said = (parent, gene_id or own, gene_name or name, line)
            first = self.features.setdefault((chrom, own), said)
            if first[:2] != said[:2]:
                self.twice.setdefault((chrom, own), line)
            self.contigs.setdefault(own, set()).add(chrom)

    def genes(self, chrom: str, feature: str) -> list[tuple[str, str | None]]:
        """Ids and names of the topmost features above one, or of itself."""
        found: dict[str, str | None] = {}
        seen: set[tuple[str, str]] = set()
        left = [(chrom, feature)]
        while left:
            place = self._place(*left.pop(0))
            if place is None or place in seen:
                continue
            seen.add(place)
            if place in self.twice:
                self._refuse(place)
            parent, gene_id, name, _ = self.features[place]
            if parent is None:
                found.setdefault(gene_id, name)
            else:
                left += [
                    (place[0], one) for one in map(unquoted, map(str.strip, parent.split(",")))
                ]
        return list(found.items())

    def _place(self, chrom: str, feature: str) -> tuple[str, str] | None:
        """Where a feature is: on the same contig, or on the only other one that has it."""
        if (chrom, feature) in self.features:
            return chrom, feature
        contigs = self.contigs.get(feature, set())
        return (next(iter(contigs)), feature) if len(contigs) == 1 else None

    def _refuse(self, place: tuple[str, str]) -> None:
        """Stop: an exon below this ID would be of one of two genes, and it is not known which."""
        first, _ = _line_of_file(self.path, self.features[place][3])
        second, text = _line_of_file(self.path, self.twice[place])
        raise InputError(
            f"{self.path}, lines {first} and {second}: ID {place[1]} is there twice on {place[0]}, "
            f"with other parents, '{text[:120]}'; expected an ID for each feature. Rename one, and "
            "the Parent of what is below it."
        )


def _check_parts(lines: pl.DataFrame, path: Path, missing: Mapping[str, pl.Expr]) -> None:
    """Refuse the first line that lacks coordinates, a strand or a gene, or can be misread."""
    names = [name for name in GFF3_NAMES if name in lines.columns]
    lost = pl.any_horizontal(pl.col("chrom", *names).str.contains(LOST, literal=True))
    problems = {
        "attributes that can be read in two ways, for quotes do not pair, are typographic or hold "
        "';' in GFF3, or '=' comes before a value in GTF":
            pl.col("broken"),
        "coordinates that are no numbers": pl.col("start").is_null() | pl.col("end").is_null(),
        "start 0 or an end before its start": (pl.col("start") < 1)
        | (pl.col("end") < pl.col("start")),
        "no strand (+ or -)": ~pl.col("strand").is_in(["+", "-"]).fill_null(False),
        "no gene_id, nor a Parent that leads to a gene": pl.col("gene_id").is_null(),
        "a name that is not UTF-8": lost,
        **{f"no {name}": is_wrong for name, is_wrong in missing.items()},
    }  # fmt: skip
    for problem, is_wrong in problems.items():
        wrong = lines.filter(is_wrong)
        if not wrong.is_empty():
            number, text = _line_of_file(path, wrong["line"][0])
            feature = wrong["feature"][0]
            raise InputError(
                f"{path}, line {number}: {feature} with {problem}, '{text[:120]}' ({wrong.height} "
                "such); expected 1-based start <= end, a strand and a gene. "
                f"{_remedy(path, text)}"
            )


def _remedy(path: Path, text: str) -> str:
    """What to do about a line that is refused."""
    is_gtf = annotation_kind(path, "gtf", "gff3") == "gtf"
    wanted, other = ("GTF", "GFF3") if is_gtf else ("GFF3", "GTF")
    if re.match(GFF3_STYLE if is_gtf else GTF_STYLE, text.split("\t")[len(COLUMNS) - 1]):
        return (
            f"Attributes are written as in {other}, but the name says {wanted}: name the file "
            f".{other.lower()}."
        )
    return "Correct or remove these lines."


def _count_lines(path: Path, is_gtf: bool) -> int:
    """How many lines that are no comments come before a section of FASTA.

    Raises
    ------
    InputError
        If one of them has not nine columns, but for blank lines, those for a genome browser, and
        further columns that are empty.
    """
    count, wrong, first = 0, 0, (0, "")
    for number, line in _lines_of_file(path):
        if not is_gtf and line.startswith((b"##FASTA", b">")):
            break
        if line.startswith(b"#"):
            continue
        count += 1
        cells = line.split(b"\t")
        is_whole = len(cells) >= len(COLUMNS) and not b"".join(cells[len(COLUMNS) :]).strip()
        if not is_whole and line.strip() and line.split(maxsplit=1)[0] not in DISPLAY_LINES:
            first = first if wrong else (number, line.decode(errors="replace").rstrip("\r\n"))
            wrong += 1
    if wrong:
        raise _wrong_columns(path, *first, wrong)
    return count


def _wrong_columns(path: Path, number: int, text: str, wrong: int) -> InputError:
    """The error for lines that have not nine columns."""
    if "\r" in text:
        remedy = "Lines end with CR alone: convert them to LF, for instance with mac2unix."
    elif len(text.split()) >= len(COLUMNS) and text.count("\t") < len(COLUMNS) - 1:
        remedy = "Replace the spaces between its columns by tabs."
    else:
        remedy = "Correct these lines, put # before comments, or download the file again."
    return InputError(
        f"{path}, line {number} has {text.count(chr(9)) + 1} tab-separated column(s), "
        f"'{text[:60]}' ({wrong} such lines); expected {len(COLUMNS)}. {remedy}"
    )


def _lines_of_file(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number (1-based) and bytes of each line of a file."""
    try:
        with open_bytes(path) as file:
            for number, line in enumerate(file, start=1):
                yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    except (OSError, EOFError) as error:
        raise _unreadable(path, error) from error


def _line_of_file(path: Path, index: int) -> tuple[int, str]:
    """Return number (1-based) and text of the ``index``-th line that is no comment."""
    lines = (found for found in _lines_of_file(path) if not found[1].startswith(b"#"))
    for place, (number, line) in enumerate(lines):
        if place == index:
            return number, line.decode(errors="replace").strip("\r\n")
    raise IndexError(f"{path} has fewer than {index + 1} lines")


def _unreadable(path: Path, problem: object) -> InputError:
    """The error for a file that breaks off."""
    return InputError(
        f"{path} cannot be read to its end ({problem}); expected nine tab-separated columns, "
        "plain or gzip. If the file is truncated, download it again."
    )
