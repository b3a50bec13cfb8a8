"""Variants whose class or effect is known, and the scores that methods give them.

Every ALT of the files is one row and stays one, with a status for each method that says why it has
no score, if it has none. Scores are joined by contig (with or without "chr"), position and alleles,
not by IDs, which files name as they like.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_table
from seqcast.evaluation.variants.definition import Definition
from seqcast.genome.annotation import gene_base
from seqcast.genome.variant_tables import SCHEMA
from seqcast.genome.variants import REASONS
from seqcast.genome.vcf import is_table, read_variants
from seqcast.genome.vcf_fields import read_info

ALLELES = ["chrom", "pos", "ref", "alt"]
JOINED = ["file", *ALLELES]
SCORED = "scored"
ALL = "all"  # the part that has all variants
# Why a row takes no part in a benchmark, whatever method scores it.
UNUSABLE = {
    "no_label": "the file does not say what the variant is",
    "in_both_classes": "the variant is among the positives and among the negatives, with one gene",
    "repeated": "the variant is given before, in the same class",
}
# Why a method has no score for it; those of `genome.variants.REASONS` are added.
UNSCORED = {
    "not_in_scores": "the method's tables lack the variant",
    "no_gene_named": "the file does not name the gene of the variant",
    "gene_not_scored": "the gene that the file names has no bins in the predicted window",
    "too_few_sites": "COVR or SCOVR: too few poly(A) sites of the gene are in the output of the "
    "window",
    "no_track": "the model has no track of the tissue",
    "gene_not_found": "the annotation lacks the gene that the file names",
    "no_gene_on_contig": "the annotation has no gene on the contig",
    "too_few_to_train": "the other chromosomes have too few variants of a class to learn from",
    "contig_not_in_file": "the bigWig or table lacks the contig",
    "no_value": "the bigWig has no value there, or the table no number",
    "other_alleles": "the table has the position and REF, with other ALTs",
    "alleles_exchanged": "the table has REF and ALT exchanged",
    "ref_differs": "the table has another REF at the position",
    "scores_differ": "the table has several scores of the variant",
    "other_build": "the header of the table names another build",
    "no_direction": "the method gives no direction of the effect",
}
TOO_FEW_SITES = "too_few_sites"
OF_ONE_GENE = (SCORED, TOO_FEW_SITES)  # all other statuses of a row are those of its variant
STATUSES = {SCORED: "scored", **UNUSABLE, **UNSCORED, **REASONS}
TOLD = 5  # of a list in a message
TRUE, FALSE = {"1", "true"}, {"0", "false"}


class Part(NamedTuple):
    """Some of the labelled variants, for which numbers are given.

    Attributes
    ----------
    name : str
    members : ndarray of bool, shape=(rows,)
    unknown : int
        Rows of which is not known whether they belong to it: they are no members.
    """

    name: str
    members: np.ndarray
    unknown: int = 0


def parts_of(labelled: pl.DataFrame, definition: Definition) -> Iterator[Part]:
    """The parts of a benchmark: up to each distance, or all; then those of each category."""
    for bound in definition.bounds:
        known = labelled["distance_bp"].is_not_null()
        near = (labelled["distance_bp"] <= bound).fill_null(False)
        name = part_name(definition.distance, bound)
        yield Part(name, near.to_numpy(), int((~known).sum()))
    if not definition.bounds:
        yield Part(ALL, np.ones(len(labelled), dtype=bool))
    for category in definition.categories:
        is_member = (labelled["category"] == category).fill_null(False)
        yield Part(f"{definition.category}={category}", is_member.to_numpy())


def part_name(distance: str, bound: int) -> str:
    """What the results call the variants up to a distance."""
    return f"{distance}<={bound}"


def read_labelled(
    paths: Sequence[str | Path], definition: Definition, number: bool = False,
    labels: Sequence[str | Path] = (),
) -> pl.DataFrame:  # fmt: skip
    """What files say of their variants.

    Parameters
    ----------
    paths : sequence of path
        VCF, BCF, or parquet with chrom, pos (1-based), ref and alt: positives and negatives, or
        one file of both.
    definition : Definition
    number : bool
        Whether the truth is the effect of positives, in the first file; a second has negatives.
    labels : sequence of path
        For each of `paths` the file, of the same kinds, that says what its variants are; none, they
        say it themselves. It may have other variants as well.

    Returns
    -------
    DataFrame
        One row per ALT, in order: ``file`` (0 or 1), ``row`` (in the file), ``variant``, chrom,
        pos, ref, alt, ``label`` (1, 0), ``group``, ``gene`` (without its version), ``category``,
        ``distance_bp``, each null where the file has none, ``usable`` ("scored" or a key of
        `UNUSABLE`). If the truth is an effect, ``effect`` and ``turned``: whether it is relative to
        ALT, not to REF.

    Raises
    ------
    InputError
        If a file lacks what the definition names in all its rows, a cell is no class or number, or
        labels have a variant twice.
    """
    tables = []
    for file, (path, told) in enumerate(zip(paths, labels or paths, strict=True)):
        table = told_variants(path, told)
        table, path = table.with_columns(file=pl.lit(file, pl.Int64)), told
        gene = "" if definition.genes == "max" or (number and file) else definition.genes
        texts = {
            "group": cells_of(table, definition.groups, path),
            "gene": cells_of(table, gene, path),
            "category": cells_of(table, definition.category, path),
        }
        distance = _numbers(cells_of(table, definition.distance, path), path, definition.distance)
        tables.append(
            table.select("file", *(name for name in SCHEMA if name != "record")).with_columns(
                *_truth(table, path, definition, number, len(paths)),
                *(cells.alias(name) for name, cells in texts.items()), distance_bp=distance.abs(),
            )
        )  # fmt: skip
    labelled = pl.concat(tables).with_columns(gene=gene_base("gene"))
    if not number and definition.groups:  # a positive is the group that its negatives name
        own = (pl.col("label") == 1) & pl.col("group").is_null()
        labelled = labelled.with_columns(group=pl.when(own).then("variant").otherwise("group"))
    return labelled.with_columns(usable=_usable(labelled, ["group"] if number else []))


def told_variants(path: str | Path, told: str | Path) -> pl.DataFrame:
    """Variants of a file, with all that it or another file says of them, as text.

    Parameters
    ----------
    path : path
        VCF, BCF or parquet.
    told : path
        The file that says what they are; `path`, they say it themselves.

    Returns
    -------
    DataFrame
        Columns of `read_variants`, then ``INFO/<key>`` or the columns of a table; null where a row
        has none.

    Raises
    ------
    InputError
        If another file has one of them more than once.
    """
    return _annotated(told) if told == path else _told_by(told, read_variants(path))


def cells_of(table: pl.DataFrame, key: str, path: str | Path) -> pl.Series:
    """Cells of a key of INFO or a column, null if there is none; all null without a key.

    Parameters
    ----------
    table : DataFrame
        Of `told_variants`.
    key : str
    path : path
        Of the file that says it, for messages.

    Raises
    ------
    InputError
        If no row has the key.
    """
    if not key:
        return pl.repeat(None, len(table), dtype=pl.String, eager=True)
    name = next((name for name in (f"INFO/{key}", key) if name in table.columns), None)
    if name is None:
        if table.is_empty():
            return pl.Series(key, [], pl.String)
        known = [n.removeprefix("INFO/") for n in table.columns if n not in (*SCHEMA, "file")]
        raise InputError(
            f"{path} has no {key!r} in any row; expected it in INFO, or as a column. It has "
            f"{', '.join(known) or 'none'}: correct the row of benchmarks.tsv, or the file."
        )
    cells = table[name].str.strip_chars()
    return pl.select(pl.when(~cells.is_in(["", "."])).then(cells)).to_series()


def join_scores(labelled: pl.DataFrame, scores: pl.DataFrame, genes: str) -> pl.DataFrame:
    """The score of a method for each labelled variant, and its status.

    Parameters
    ----------
    labelled : DataFrame
        See `read_labelled`.
    scores : DataFrame
        ``file``, chrom, pos, ref, alt, ``gene_id`` (null if the score is of no gene), ``status``,
        ``score`` (NaN or null if there is none), one row or more per ALT.
    genes : str
        See `Definition`.

    Returns
    -------
    DataFrame
        ``score`` and ``status`` of each row of `labelled`, in order: of the rows of its gene, or of
        all, the one with the largest magnitude.
    """
    keys = [pl.col("file"), _contig("chrom"), pl.col("pos"), _upper("ref"), _upper("alt")]
    wanted = labelled.select(*keys, "gene", "usable").with_row_index("at")
    score = pl.when(pl.col("score").is_finite() & (pl.col("status") == SCORED)).then("score")
    offered = scores.select(*keys, "status", gene_id=gene_base("gene_id"), score=score)
    pairs = wanted.join(offered, on=JOINED, how="left", maintain_order="left_right")
    of_gene = pl.lit(True) if genes == "max" else pl.col("gene_id") == pl.col("gene")
    pairs = pairs.with_columns(
        score=pl.when(of_gene.fill_null(False)).then("score"),
        status=pl.when(of_gene.fill_null(False) | ~pl.col("status").is_in(OF_ONE_GENE)).then(
            "status"
        ),
    )
    best = (
        pairs.sort("at", -pl.col("score").abs(), "status", nulls_last=True, maintain_order=True)
        .unique("at", keep="first", maintain_order=True)
        .join(offered.select(JOINED).unique().with_columns(known=True), on=JOINED, how="left")
        .sort("at")
    )
    lacking = pl.when(pl.col("gene").is_null()).then(pl.lit("no_gene_named"))
    status = (
        pl.when(pl.col("usable") != SCORED).then("usable")
        .when(pl.col("known").is_null()).then(pl.lit("not_in_scores"))
        .when(pl.col("score").is_not_null()).then(pl.lit(SCORED))
        .when(pl.col("status") == SCORED).then(pl.lit("prediction_not_finite"))
        .otherwise(pl.coalesce("status", lacking.otherwise(pl.lit("gene_not_scored"))))
    )  # fmt: skip
    found = best.select("score", status=status)
    return found.with_columns(score=pl.when(pl.col("status") == SCORED).then("score"))


def _annotated(path: str | Path) -> pl.DataFrame:
    """Rows of a file with all that it says of them, as text."""
    variants = read_variants(path)
    if is_table(path):
        table = read_table(path)
        facts = [name for name, kind in table.schema.items()
                 if name not in SCHEMA and not kind.is_nested()]  # fmt: skip
        return variants.hstack(table.select(pl.col(facts).cast(pl.String)))
    info = read_info(path)
    keys = list(dict.fromkeys(key for record in info for key in record))
    columns = [
        pl.Series(f"INFO/{key}", [info[r].get(key) for r in variants["record"]], pl.String)
        for key in keys
    ]
    return variants.with_columns(columns)


def _told_by(path: str | Path, variants: pl.DataFrame) -> pl.DataFrame:
    """Variants with what another file says of them; null where it lacks one."""
    keys = [_contig("chrom"), pl.col("pos"), _upper("ref"), _upper("alt")]
    table = _annotated(path)
    named = table.filter(~table.select(keys).is_unique())
    if len(named):
        raise InputError(
            f"{path} has {named['variant'][0]} more than once; expected one row for each variant: "
            "which is meant cannot be told"
        )
    known = table.select(*keys, pl.exclude(*SCHEMA))
    found = variants.select(keys).join(known, on=ALLELES, how="left", maintain_order="left")
    return variants.hstack(found.drop(ALLELES))


def _truth(
    table: pl.DataFrame, path: str | Path, definition: Definition, number: bool, files: int
) -> list[pl.Series]:
    """The label of each row, and its effect."""
    by_file = pl.select(label=(1 - pl.lit(table["file"])).cast(pl.Int8)).to_series()
    if number:
        has_effects = not (table["file"] > 0).any()  # that of the positives
        key, _, allele = definition.truth.partition("/") if has_effects else ("", "", "")
        effects = _numbers(cells_of(table, key, path), path, key).alias("effect")
        return [by_file, effects, _turned(table, cells_of(table, allele, path), path)]
    if not definition.truth:
        if files != 2:
            raise InputError(
                f"the class of the variants of {path} is not known; expected two datasets, "
                "positives and negatives, or a key in the column truth of benchmarks.tsv"
            )
        return [by_file]
    key, _, names = definition.truth.partition("=")
    cells = cells_of(table, key, path)
    positive, _, negative = names.partition("/")
    ones, zeros = ({positive}, {negative}) if names else (TRUE, FALSE)
    cells = cells if names else cells.str.to_lowercase()
    known = cells.is_in(list(ones | zeros))
    if not names and (wrong := cells.filter(~known)).len():
        raise InputError(
            f"{path}: {key} is {wrong[0]!r}; expected 1 or 0, true or false. If it has names, say "
            f"in the column truth which are which: {key}=causal/matched."
        )
    if cells.len() and not known.any():
        raise InputError(
            f"{path}: {key} is {positive!r} or {negative!r} in no row, but "
            f"{', '.join(map(repr, cells.drop_nulls().unique().sort().head(TOLD))) or 'empty'}; "
            "correct the names of both classes in the column truth of benchmarks.tsv"
        )
    label = pl.when(known).then(cells.is_in(list(ones)).cast(pl.Int8))
    return [pl.select(label=label).to_series()]


def _turned(table: pl.DataFrame, alleles: pl.Series, path: str | Path) -> pl.Series:
    """Whether effects are relative to ALT; without a named allele they are to REF."""
    named = table.select(
        "variant", ref=_upper("ref"), alt=_upper("alt"), one=alleles.str.to_uppercase()
    ).with_columns(one=pl.coalesce("one", "ref"))
    wrong = named.filter((pl.col("one") != pl.col("ref")) & (pl.col("one") != pl.col("alt")))
    if len(wrong):
        variant, ref, alt, one = wrong.row(0)
        raise InputError(
            f"{path}: the effect of {variant} is relative to {one}; expected {ref} or {alt}, one "
            "of its alleles. Correct the file, or name another key in the column truth."
        )
    return named.select(turned=pl.col("one") != pl.col("ref")).to_series()


def _numbers(cells: pl.Series, path: str | Path, key: str) -> pl.Series:
    """Cells as numbers."""
    found = cells.cast(pl.Float64, strict=False)
    wrong = cells.filter(cells.is_not_null() & ~found.is_finite().fill_null(False))
    if wrong.len():
        raise InputError(
            f"{path}: {key} is {wrong[0]!r}; expected a number. Correct the file, or name another "
            "key in benchmarks.tsv."
        )
    return found


def _usable(labelled: pl.DataFrame, within: list[str]) -> pl.Series:
    """Whether each row takes part, or why not; a variant counts once in each of `within`."""
    key = [_contig("chrom"), pl.col("pos"), _upper("ref"), _upper("alt"), *map(pl.col, within)]
    both = pl.col("label").n_unique().over(*key, "gene") > 1
    once = pl.struct(*key, "label", *(["gene"] if within else [])).is_first_distinct()
    return labelled.select(
        usable=pl.when(pl.col("label").is_null()).then(pl.lit("no_label"))
        .when(both).then(pl.lit("in_both_classes"))
        .when(once).then(pl.lit(SCORED))
        .otherwise(pl.lit("repeated"))
    ).to_series()  # fmt: skip


def _contig(column: str) -> pl.Expr:
    """Names of contigs without "chr"."""
    return pl.col(column).str.strip_prefix("chr")


def _upper(column: str) -> pl.Expr:
    return pl.col(column).str.to_uppercase()
