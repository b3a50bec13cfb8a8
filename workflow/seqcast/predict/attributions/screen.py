"""Screen: which variants are worth an exact score, by their first-order effects."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.store import (
    atomic,
    write_text_table,
)
from seqcast.predict.attributions import FIRST_ORDER
from seqcast.predict.attributions.attribution_tables import read_effects
from seqcast.predict.variants.exports.vcf_files import COLUMNS, info_definition, info_value

VARIANT = ["chrom", "pos", "ref", "alt"]
INFO = (
    ("FIRST_ORDER_EFFECT", "Float", "Approximation of the effect (log2, ALT minus REF) from a "
     "gradient, of the gene and tracks in which it is largest; no exact score"),
    ("FIRST_ORDER_GENE", "String", "That gene"),
    ("FIRST_ORDER_TRACKS", "String", "That group of tracks"),
)  # fmt: skip


class ScreenFiles(NamedTuple):
    """What a screen writes: all effects as text, and the VCF of the variants to score."""

    table: str | Path
    selected: str | Path


def select_strong(tidy: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Variants whose first-order effect reaches a threshold for some gene and group of tracks.

    Parameters
    ----------
    tidy : DataFrame
        Of `attribution_tables.tidy_effects`.
    threshold : float
        Of the magnitude, in log2 units.

    Returns
    -------
    DataFrame
        `VARIANT`, variant, and the gene_id, tracks and first_order_effect of greatest magnitude;
        each variant once, in input order.
    """
    size, first = pl.col(FIRST_ORDER).abs(), pl.col("_first").min().over(VARIANT)
    strong = tidy.with_row_index("_first").with_columns(first).filter(size >= threshold)
    strongest = strong.sort(size, descending=True, maintain_order=True).unique(
        VARIANT, keep="first", maintain_order=True
    )
    return strongest.sort("_first").select(*VARIANT, "variant", "gene_id", "tracks", FIRST_ORDER)


def write_screen(shards: Sequence[str | Path], threshold: float, outputs: ScreenFiles) -> None:
    """Write first-order effects as text, and a VCF of those above a threshold.

    Parameters
    ----------
    shards : sequence of path
        Of `attribution_files.approximate_shard`.
    threshold : float
        See `select_strong`.
    outputs : ScreenFiles
        The VCF is a file of a dataset of variants: scoring it gives exact scores.
    """
    tidy, facts = read_effects(shards)
    write_text_table(
        tidy.with_columns(selected=pl.col(FIRST_ORDER).abs() >= threshold), outputs.table
    )
    with atomic(outputs.selected) as temporary:
        lines = vcf_lines(select_strong(tidy, threshold), threshold, facts)
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def vcf_lines(selected: pl.DataFrame, threshold: float, facts: Mapping[str, Any]) -> list[str]:
    """Lines of the VCF, header first."""
    contigs = selected["chrom"].unique(maintain_order=True)
    head = [
        "##fileformat=VCFv4.2",
        f"##source=seqcast {facts['seqcast_version']}, first-order effects of {facts['model']}, "
        f"magnitude {threshold:g} or more; approximations, to be scored exactly",
        *(f"##contig=<ID={chrom}>" for chrom in contigs),
        *(info_definition(key, "1", kind, text) for key, kind, text in INFO),
        "\t".join(COLUMNS),
    ]
    for chrom, pos, ref, alt, name, gene, tracks, effect in selected.iter_rows():
        cells = map(info_value, (effect, gene, tracks))
        told = ";".join(f"{key}={cell}" for (key, *_), cell in zip(INFO, cells, strict=True))
        head.append(f"{chrom}\t{pos}\t{name}\t{ref}\t{alt}\t.\t.\t{told}")
    return head
