"""Signed effects of likely causal eQTLs as a VCF, from the GTEx fine-mapping of Wang et al. 2021.

Of a benchmark with protocol `coefficients`: effects relative to REF, a line for each gene and
tissue. The file has hg19 places and hg38 names (doi 10.1038/s41467-021-23134-8).
"""

from pathlib import Path
from typing import NamedTuple, Self

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, write_tsv
from seqcast.datasets.variants.qtl_files import METHOD, NAME, VARIANT, scanned

COLUMNS = ("variant_hg38", "tissue", "gene", "pip", "beta_posterior", "allele1", "allele2")
WRITTEN = "written"
HEADER = """\
##fileformat=VCFv4.2
##INFO=<ID=MT,Number=1,Type=String,Description="Gene">
##INFO=<ID=TI,Number=1,Type=String,Description="Tissue">
##INFO=<ID=PP,Number=1,Type=Float,Description="Posterior inclusion probability of fine-mapping">
##INFO=<ID=BETA,Number=1,Type=Float,Description="Posterior effect of ALT relative to REF">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
"""


class EffectOutputs(NamedTuple):
    """The VCF, and a TSV of what became of each row with the required PIP."""

    effects: Path
    candidates: Path

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The files of a set in a folder."""
        return cls(folder / "effects.vcf", folder / "candidates.tsv")


def build_effect_set(
    path: str | Path, outputs: EffectOutputs, least_pip: float = 0.9
) -> dict[str, int]:
    """Write the effects of likely causal variants in each tissue.

    Parameters
    ----------
    path : path
        GTEx_49tissues_release1.tsv.bgz, or a table with `COLUMNS` and, if there are several
        methods, ``method``, of which the rows by SuSiE are taken; plain or gzip.
    outputs : EffectOutputs
    least_pip : float
        Rows with a lower PIP are not looked at.

    Returns
    -------
    dict
        Status to the number of rows of ``candidates``: "written"; "no_hg38_name"; "no_effect", not
        a finite number; "other_alleles" than those of the hg38 name; "repeated", a variant, gene
        and tissue given before.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or no effect is written.
    """
    rows = _likely_causal(path, least_pip)
    ref, alt = pl.col("ref").str.to_uppercase(), pl.col("alt").str.to_uppercase()
    one, two = (pl.col(f"allele{n}").str.to_uppercase() for n in (1, 2))
    as_named, turned = (ref == one) & (alt == two), (ref == two) & (alt == one)
    found = rows.with_columns(
        pl.col("variant_hg38").str.extract_groups(NAME).alias("parsed"),
    ).unnest("parsed").with_columns(
        effect=pl.when(turned).then(-pl.col("effect")).otherwise("effect"),
        status=pl.when(pl.col("pos").is_null()).then(pl.lit("no_hg38_name"))
        .when(~pl.col("effect").is_finite().fill_null(False)).then(pl.lit("no_effect"))
        .when(~(as_named | turned).fill_null(False)).then(pl.lit("other_alleles"))
        .when(~pl.struct(*VARIANT, "gene", "tissue").is_first_distinct()).then(pl.lit("repeated"))
        .otherwise(pl.lit(WRITTEN)),
    )  # fmt: skip
    written = found.filter(status=WRITTEN).with_columns(pl.col("pos").cast(pl.Int64))
    counts: dict[str, int] = dict(found["status"].value_counts(sort=True).iter_rows())
    if written.is_empty():
        told = ", ".join(f"{number} {name}" for name, number in counts.items()) or "no row"
        raise InputError(
            f"{path}: of the rows with a PIP of {least_pip:g} or more no effect can be written "
            f"({told}); expected hg38 names, alleles and effects as GTEx gives them"
        )
    _write_vcf(written, outputs.effects)
    write_tsv(found.select("variant_hg38", "gene", "tissue", "pip", "effect", "status"),
              outputs.candidates)  # fmt: skip
    return counts


def _likely_causal(path: str | Path, least_pip: float) -> pl.DataFrame:
    """Rows by SuSiE with a PIP, chunk by chunk: text but for ``pip`` and ``effect``."""
    with scanned(path, "fine-mapping", "as GTEx_49tissues_release1.tsv.bgz") as lines:
        names = lines.collect_schema().names()
        if missing := [name for name in COLUMNS if name not in names]:
            raise InputError(
                f"{path} has no column {missing[0]}; expected {', '.join(COLUMNS)}, as in "
                "GTEx_49tissues_release1.tsv.bgz"
            )
        kept = lines.filter(pl.col("method") == METHOD) if "method" in names else lines
        numbers = kept.with_columns(
            pl.col("pip").cast(pl.Float64, strict=False),
            effect=pl.col("beta_posterior").cast(pl.Float64, strict=False),
        )
        wanted = numbers.filter(pl.col("pip") >= least_pip).select(*COLUMNS, "effect")
        return wanted.collect(engine="streaming")


def _write_vcf(effects: pl.DataFrame, path: Path) -> None:
    """Write effects sorted by place, one line for each gene and tissue."""
    lines = effects.sort(*VARIANT, "gene", "tissue").select(
        pl.format(
            "chr{}\t{}\tchr{}_{}_{}_{}\t{}\t{}\t.\t.\tMT={};TI={};PP={};BETA={}\n",
            "chrom", "pos", *VARIANT, "ref", "alt", "gene", "tissue", "pip", "effect",
        )
    )  # fmt: skip
    with atomic(path) as temporary:
        temporary.write_text(HEADER + "".join(lines.to_series()))
