"""Files that QTL sets are made from: fine-mapping, tested variants, expression, poly(A) sites.

Columns are those of the eQTL Catalogue (credible sets and summary statistics), of the GTEx
fine-mapping of Wang et al. 2021 (doi 10.1038/s41467-021-23134-8) and of GTEx's GCT files.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import check_unpacked, read_cells, read_text
from seqcast.genome.annotation import gene_base

# chrom, pos (1-based), ref and alt of names such as chr1_123_A_G and chr1_123_A_G_b38.
NAME = r"^(?:chr)?(?P<chrom>\w+?)_(?P<pos>\d{1,9})_(?P<ref>[A-Za-z]+)_(?P<alt>[A-Za-z]+)(?:_b\d+)?$"
VARIANT = ["chrom", "pos", "ref", "alt"]
# Columns that hold the variant, the trait and the PIP: eQTL Catalogue, GTEx fine-mapping.
FINE_MAPPED = (("variant", "molecular_trait_id", "pip"), ("variant_hg38", "gene", "pip"))
TESTED = (("chromosome", "position", "ref", "alt"), ("variant",))
METHOD = "SUSIE"  # of the methods of one file, as Borzoi's scripts take it


@contextmanager
def scanned(path: str | Path, what: str, published: str) -> Iterator[pl.LazyFrame]:
    """A table of text that is too large to hold; nothing of it is read before the block does so.

    Parameters
    ----------
    path : path
        Tab-separated, plain or gzip.
    what, published : str
        What it holds and how it is published, for messages.

    Raises
    ------
    InputError
        If it cannot be read within the block; as `check_expansion`.
    """
    check_unpacked(Path(path))
    try:
        yield pl.scan_csv(path, separator="\t", infer_schema=False, quote_char=None)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{path}: not readable as {what} ({str(error).splitlines()[0]}); expected a "
            f"tab-separated table, plain or gzip, {published}"
        ) from error


def read_fine_mapped(path: str | Path, tissue: str) -> pl.DataFrame:
    """Fine-mapped variants of a tissue, with the probability that each is causal.

    Parameters
    ----------
    path : path
        Credible sets of the eQTL Catalogue, or GTEx's fine-mapping; text, plain or compressed. Of
        a file with the columns ``tissue`` and ``method`` the rows of the tissue by SuSiE are taken.
    tissue : str

    Returns
    -------
    DataFrame
        chrom ("chr1"), pos (1-based), ref, alt, trait, gene (without version), pip; one row per
        row of the file.

    Raises
    ------
    InputError
        If a column is missing, no row is of the tissue, a name is no chrom_pos_ref_alt, or a PIP
        is no number from 0 to 1.
    """
    table = read_cells(path, "a table of fine-mapped variants").with_columns(pl.all().fill_null(""))
    for column, value in (("tissue", tissue), ("method", METHOD)):
        if column in table.columns:
            table = _only(table, column, value, path)
    name, trait, pip = _columns(table.columns, FINE_MAPPED, path)
    found = table.select(
        parsed=pl.col(name).str.extract_groups(NAME), name=name, trait=trait,
        pip=pl.col(pip).cast(pl.Float64, strict=False), gene=gene_base(trait),
    )  # fmt: skip
    _check_names(found, path)
    wrong = found.filter(~pl.col("pip").is_between(0, 1).fill_null(False))
    if len(wrong):
        raise InputError(
            f"{path}: the PIP of {wrong['name'][0]} is no number from 0 to 1; correct the column "
            f"{pip}"
        )
    return _unnested(found).select(*VARIANT, "trait", "gene", "pip")


def read_tested(path: str | Path) -> pl.DataFrame:
    """Variants that were tested in a tissue, each once.

    Parameters
    ----------
    path : path
        Summary statistics of the eQTL Catalogue (.tsv or .tsv.gz), hundreds of millions of rows:
        only their variants are kept, chunk by chunk.

    Returns
    -------
    DataFrame
        chrom, pos (1-based), ref, alt, sorted.

    Raises
    ------
    InputError
        If the file or a column is missing, or a variant cannot be read.
    """
    with scanned(path, "summary statistics", "as the eQTL Catalogue publishes it") as lines:
        columns = _columns(lines.collect_schema().names(), TESTED, path)
        rows = lines.select(columns).unique().collect(engine="streaming")
    if len(columns) > 1:
        text = pl.concat_str(*(pl.col(name).fill_null("") for name in columns), separator="_")
        rows = rows.select(variant=text)
    found = rows.select(name="variant", parsed=pl.col("variant").str.extract_groups(NAME))
    _check_names(found, path)
    return _unnested(found).select(VARIANT).unique().sort(VARIANT)


def read_expression(path: str | Path, columns: Sequence[str]) -> pl.DataFrame:
    """Median expression of genes in tissues.

    Parameters
    ----------
    path : path
        GCT file: two lines, then a table with the columns Name (gene), Description and one per
        tissue.
    columns : sequence of str
        Tissues.

    Returns
    -------
    DataFrame
        gene (without version, each once: the first), and one column per tissue, in TPM.

    Raises
    ------
    InputError
        If it is no GCT file or a truncated one, lacks a tissue, or a value is no number of 0 or
        more.
    """
    version, _, rest = read_text(path, "a GCT file").partition("\n")
    counts, _, body = rest.partition("\n")
    names = body.partition("\n")[0].rstrip("\r").split("\t")
    if not version.startswith("#1.") or names[0] != "Name":
        raise InputError(
            f"{path} is no GCT file; expected #1.2, a line of counts, and a header that begins "
            "with Name, as GTEx publishes gene_median_tpm.gct.gz"
        )
    if missing := [name for name in columns if name not in names]:
        raise InputError(
            f"{path} has no column {missing[0]!r}; expected one of {', '.join(names[2:])}"
        )
    try:
        table = pl.read_csv(body.encode(), separator="\t", infer_schema=False, quote_char=None)
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(
            f"{path} is damaged ({reason}); expected {len(names)} columns in each line. Download "
            "it again"
        ) from error
    if counts.split() and counts.split()[0] != str(table.height):
        raise InputError(
            f"{path} has {table.height} genes; its second line says {counts.split()[0]}: it is "
            "truncated. Download it again"
        )
    values = table.select(
        gene_base("Name").alias("gene"),
        *(pl.col(name).cast(pl.Float64, strict=False) for name in dict.fromkeys(columns)),
    )
    numbers = pl.exclude("gene")
    wrong = values.filter(~pl.all_horizontal(numbers.is_finite() & (numbers >= 0)).fill_null(False))
    if len(wrong):
        raise InputError(
            f"{path}: a value of gene {wrong['gene'][0]} is no number; expected TPM of 0 or more"
        )
    return values.unique("gene", keep="first", maintain_order=True)


def _columns(
    found: Sequence[str], wanted: Sequence[tuple[str, ...]], path: str | Path
) -> tuple[str, ...]:
    """The first list of columns that a file has."""
    for columns in wanted:
        if set(columns) <= set(found):
            return columns
    raise InputError(
        f"{path} has the columns {', '.join(found)}; expected "
        f"{' or '.join(', '.join(columns) for columns in wanted)}"
    )


def _only(table: pl.DataFrame, column: str, value: str, path: str | Path) -> pl.DataFrame:
    """Rows with a value in a column."""
    rows = table.filter(pl.col(column) == value)
    if not len(rows):
        known = table[column].unique().sort().to_list()
        raise InputError(
            f"{path}: no row has {column} {value!r}; expected one of {', '.join(known[:60])}"
        )
    return rows


def _check_names(found: pl.DataFrame, path: str | Path) -> None:
    """Stop at a variant whose name does not tell chrom, pos, ref and alt."""
    wrong = found.filter(pl.col("parsed").struct.field("pos").is_null())
    if len(wrong):
        raise InputError(
            f"{path}: a variant is {wrong['name'][0]!r}; expected chrom_pos_ref_alt, such as "
            "chr1_123_A_G"
        )


def _unnested(found: pl.DataFrame) -> pl.DataFrame:
    """Parsed names as columns, alleles in upper case."""
    return found.unnest("parsed").with_columns(
        pl.col("pos").cast(pl.Int64), pl.format("chr{}", "chrom").alias("chrom"),
        pl.col("ref", "alt").str.to_uppercase(),
    )  # fmt: skip
