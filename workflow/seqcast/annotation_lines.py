"""Lines of GTF and GFF3: read, checked, and joined with their genes."""

import gzip
import re
from pathlib import Path

import polars as pl

from seqcast.errors import InputError
from seqcast.genome import compression

COLUMNS = ["chrom", "source", "feature", "start", "end", "score", "strand", "frame", "attributes"]
GTF_VALUE = r'(?:^|;)\s*{}\s+"?([^";]+)'
GTF_STYLE, GFF3_STYLE = r'\s*\w+\s+"', r"\s*\w+="  # of the first attribute
GFF3_VALUE = r"(?:^|;)\s*{}=([^;]+)"


def annotation_kind(path: Path, *kinds: str) -> str:
    """Format of an annotation by its name: one of ``kinds``, which are gtf, gff3 and parquet.

    Raises
    ------
    InputError
        If the file is missing or named otherwise.
    """
    if not path.is_file():
        raise InputError(f"{path} is not there; expected a GTF or GFF3 file. Fetch it first.")
    ending = path.name.removesuffix(".gz").rsplit(".", 1)[-1].lower()
    kind = "gff3" if ending == "gff" else ending
    if kind not in kinds:
        others = ", or .parquet" if "parquet" in kinds else ""
        raise InputError(
            f"{path} ends in .{ending}; expected .gtf or .gff3 (with or without .gz){others}. "
            "Name the file by what it holds."
        )
    return kind


def scan_lines(path: Path) -> pl.LazyFrame:
    """The lines that are no comments: nine columns of text, and ``line``, their 0-based count."""
    return pl.scan_csv(
        path,
        separator="\t",
        has_header=False,
        comment_prefix="#",
        quote_char=None,
        schema=dict.fromkeys(COLUMNS, pl.String),
        missing_columns="insert",
        extra_columns="ignore",
        row_index_name="line",
        encoding="utf8-lossy",
    )


def collect_lines(lines: pl.LazyFrame, path: Path, is_gtf: bool, *columns: pl.Expr) -> pl.DataFrame:
    """Take coordinates and the attributes that name a gene from lines.

    Parameters
    ----------
    lines : LazyFrame
        Of `scan_lines`, or some of them.
    path : Path
        For messages.
    is_gtf : bool
        How attributes are written: as in GTF or as in GFF3.
    *columns : pl.Expr
        Further columns.

    Returns
    -------
    DataFrame
        line, feature, chrom, start, end (1-based, inclusive; null if no numbers), strand, gene_id,
        gene_name, in GFF3 ID, Parent and Name, then those asked for.

    Raises
    ------
    InputError
        If the file is truncated or holds no such lines.
    """
    names = ["gene_id", "gene_name"] + ([] if is_gtf else ["ID", "Parent", "Name"])
    values = [attribute(name, is_gtf) for name in names]
    coordinates = pl.col("start", "end").cast(pl.Int64, strict=False)
    try:
        return lines.select(
            "line", "feature", "chrom", coordinates, "strand", *values, *columns
        ).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            f"{path} cannot be read to its end ({error}); expected nine tab-separated columns, "
            "plain or gzip. If the file is truncated, fetch it again."
        ) from error


def attribute(name: str, is_gtf: bool) -> pl.Expr:
    """The first value of an attribute of each line, as a column of its name; null without one."""
    pattern = GTF_VALUE if is_gtf else GFF3_VALUE
    return pl.col("attributes").str.extract(pattern.format(name)).alias(name)


def genes_through_parents(exons: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Give each GFF3 exon the gene at the top of its parents; one row a parent of an exon.

    Parameters
    ----------
    exons : DataFrame
        Of `collect_lines`.
    others : DataFrame
        Of `collect_lines`: the lines that may be parents.
    """
    features = {
        feature: (parent, gene_id or feature, gene_name or name)
        for feature, parent, gene_id, gene_name, name in others.select(
            "ID", "Parent", "gene_id", "gene_name", "Name"
        ).iter_rows()
    }

    def top(feature: str | None) -> tuple[str | None, str | None]:
        seen = set()
        while feature in features and feature not in seen:
            seen.add(feature)
            parent, gene_id, name = features[feature]
            if parent is None:
                return gene_id, name
            feature = parent.split(",")[0]
        return None, None

    exons = exons.with_columns(pl.col("Parent").str.split(",")).explode("Parent")
    tops = {parent: top(parent) for parent in exons["Parent"].unique()}
    gene_ids = exons["Parent"].replace_strict({key: gene for key, (gene, _) in tops.items()})
    gene_names = exons["Parent"].replace_strict({key: name for key, (_, name) in tops.items()})
    return exons.with_columns(
        gene_id=pl.coalesce("gene_id", gene_ids), gene_name=pl.coalesce("gene_name", gene_names)
    )


def check_lines(lines: pl.DataFrame, path: Path, **missing: pl.Expr) -> None:
    """Refuse the first line that lacks coordinates, a strand or a gene.

    Parameters
    ----------
    lines : DataFrame
        Of `collect_lines`.
    path : Path
        The file, which is read again up to a line that is refused.
    **missing
        What else a line may lack, and where it does.

    Raises
    ------
    InputError
        If there is one.
    """
    problems = {
        "coordinates that are no numbers": pl.col("start").is_null() | pl.col("end").is_null(),
        "start 0 or an end before its start": (pl.col("start") < 1)
        | (pl.col("end") < pl.col("start")),
        "no strand (+ or -)": ~pl.col("strand").is_in(["+", "-"]).fill_null(False),
        "no gene_id, nor a Parent that leads to a gene": pl.col("gene_id").is_null(),
        **{f"no {name}": is_wrong for name, is_wrong in missing.items()},
    }
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
    cells = text.split("\t")
    if len(cells) < len(COLUMNS):
        return f"The line has {len(cells)} columns of {len(COLUMNS)}. Mend it, or fetch it again."
    is_gtf = annotation_kind(path, "gtf", "gff3") == "gtf"
    wanted, other = ("GTF", "GFF3") if is_gtf else ("GFF3", "GTF")
    if re.match(GFF3_STYLE if is_gtf else GTF_STYLE, cells[len(COLUMNS) - 1]):
        return (
            f"Attributes are written as in {other}, but the name says {wanted}: name the file "
            f".{other.lower()}."
        )
    return "Mend or remove these lines."


def _line_of_file(path: Path, index: int) -> tuple[int, str]:
    """Return number (1-based) and text of the ``index``-th line that is no comment."""
    with gzip.open(path) if compression(path) else path.open("rb") as file:
        rest = index
        for number, line in enumerate(file, start=1):
            if not line.startswith(b"#"):
                if rest == 0:
                    return number, line.decode(errors="replace").strip("\r\n")
                rest -= 1
    raise IndexError(f"{path} has fewer than {index + 1} lines")
