"""Benchmark sets of QTLs: likely causal SNVs of fine-mapping, and matched SNVs without an effect.

As Borzoi's sets of 3' UTR eQTLs and paQTLs are made (borzoi's data/qtl, calico/borzoi-paper at
ec33b15): per tissue, then merged. The script of the 3' UTR set itself is not published; its name
(eqtl3_pip70ea) says a PIP of 0.7 or more, negatives of like expression, the same alleles first.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, write_tsv
from seqcast.core.text_files import read_cells
from seqcast.datasets.variants.gene_places import (
    GenePlaces,
    in_intervals,
    places_of,
    site_distances,
)
from seqcast.datasets.variants.matching import Bins, expression_bins, match_negatives
from seqcast.datasets.variants.qtl_files import (
    VARIANT,
    read_expression,
    read_fine_mapped,
    read_tested,
)
from seqcast.genome.polya_sites import read_sites
from seqcast.transcripts.annotation import read_transcripts

logger = logging.getLogger(__name__)

TISSUES = ("tissue", "fine_mapped", "tested", "expression")
REGIONS = ("utr3", "gene")
MATCHED, NO_NEGATIVE = "matched", "no_negative"
# Why a likely causal variant is in no set, by what is looked at in turn.
NOT_SNV, OTHER_GENE, NO_SITE = "not_an_snv", "not_in_its_gene", "no_polya_site_near"
OTHER_REGION, NO_EXPRESSION, ANOTHER_PLACE = "not_in_utr3", "no_expression", "another_row_counts"
# The six lines that readers of Borzuki's notebooks skip; PD before PI, and a key before PD.
HEADER = """\
##fileformat=VCFv4.2
##INFO=<ID=MT,Number=1,Type=String,Description="Molecular trait: the gene, or the event, of a QTL">
##INFO=<ID=TI,Number=1,Type=String,Description="Tissue">
##INFO=<ID=PP,Number=1,Type=Float,Description="Posterior inclusion probability of fine-mapping">
##INFO=<ID=PD,Number=1,Type=Integer,Description="Distance to the nearest poly(A) site, bp">
##INFO=<ID=PI,Number=1,Type=String,Description="ID of the matched positive variant">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
"""


@dataclass(frozen=True)
class QtlOptions:
    """What decides which variants are in a set.

    Attributes
    ----------
    least_pip : float
        Of positives, in a tissue.
    most_pip : float
        Of negatives, in any tissue, exclusive; variants of no credible set have 0.
    most_distance_bp : int
        To a poly(A) site of the gene, inclusive.
    pad_bp : int
        By how much genes reach further at both ends.
    region : str
        Of `REGIONS`: where in their gene variants are.
    same_gene, same_alleles : bool
        What negatives should share with their positive if possible.
    seed : int
    """

    least_pip: float = 0.7
    most_pip: float = 0.01
    most_distance_bp: int = 10_000
    pad_bp: int = 50
    region: str = "utr3"
    same_gene: bool = False
    same_alleles: bool = True
    seed: int = 42

    def __post_init__(self) -> None:
        if not 0 <= self.most_pip <= self.least_pip <= 1:
            raise InputError(
                f"PIP of {self.least_pip} for positives and {self.most_pip} for negatives; "
                "expected 0 to 1, and no more for negatives"
            )
        if self.region not in REGIONS:
            raise InputError(f"region {self.region!r}; expected {' or '.join(REGIONS)}")
        for name in ("most_distance_bp", "pad_bp", "seed"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}; expected 0 or more")


class QtlInputs(NamedTuple):
    """What a set is made from.

    Attributes
    ----------
    tissues : path
        Table with the columns `TISSUES`: name, files, and column of the expression file.
    annotation : path
        GTF or GFF3 of the genes that count.
    sites : path
        See `polya_sites.read_sites`.
    expression : path
        See `qtl_files.read_expression`.
    """

    tissues: str | Path
    annotation: str | Path
    sites: str | Path
    expression: str | Path


class QtlOutputs(NamedTuple):
    """The set: two VCF files, and a TSV of what became of each likely causal variant."""

    positives: Path
    negatives: Path
    candidates: Path

    @classmethod
    def of(cls, folder: str | Path) -> "QtlOutputs":
        """In a folder, by the names of the published set."""
        return cls(*(Path(folder) / name for name in
                     ("pos_merge.vcf", "neg_merge.vcf", "candidates.tsv")))  # fmt: skip


def build_qtl_set(files: QtlInputs, outputs: QtlOutputs, options: QtlOptions) -> dict[str, int]:
    """Make a benchmark set of QTLs.

    A variant that is positive, or negative, in several tissues is written once, as in the first.

    Parameters
    ----------
    files : QtlInputs
    outputs : QtlOutputs
    options : QtlOptions

    Returns
    -------
    dict
        Status to the number of rows of ``candidates``, which has one row per tissue and row of
        fine-mapping with `least_pip` or more.

    Raises
    ------
    InputError
        Of the readers; or if no variant has a negative.
    """
    tissues = read_tissues(files.tissues)
    places, sites = places_of(read_transcripts(files.annotation)), read_sites(files.sites)
    expression = read_expression(files.expression, tissues["expression"].to_list())
    mapped = {
        tissue: read_fine_mapped(path, tissue)
        for tissue, path in tissues.select("tissue", "fine_mapped").rows()
    }
    highest = pl.concat(mapped.values()).group_by(VARIANT).agg(pl.col("pip").max())
    seeds = np.random.SeedSequence(options.seed).generate_state(len(tissues))
    candidates, negatives = [], []
    for row, seed in zip(tissues.iter_rows(named=True), seeds, strict=True):
        genes = expression.select("gene", tpm=row["expression"])
        in_tissue = _Tissue(row["tissue"], genes, places, sites, options)
        found, others = in_tissue.match(
            mapped[row["tissue"]], read_tested(row["tested"]), highest, int(seed)
        )
        counts = found["status"].value_counts().sort("status").rows()
        logger.info("%s: %s", row["tissue"], ", ".join(f"{n} {name}" for name, n in counts))
        candidates.append(found)
        negatives.append(others)
    table = pl.concat(candidates)
    matched = table.filter(pl.col("status").is_in([MATCHED, NO_NEGATIVE]))
    if not (table["status"] == MATCHED).any():
        counts = table["status"].value_counts(sort=True).rows()
        raise InputError(
            f"no variant with a PIP of {options.least_pip} or more has a matched one "
            f"({', '.join(f'{n} {status}' for status, n in counts) or 'none has such a PIP'}); "
            "expected files of one genome build that name contigs alike (chr1). Correct the files, "
            "or allow a smaller PIP or larger distances"
        )
    write_vcf(matched.with_columns(positive="variant"), outputs.positives)
    write_vcf(pl.concat(negatives), outputs.negatives)
    write_tsv(table, outputs.candidates)
    return dict(table["status"].value_counts(sort=True).rows())


def read_tissues(path: str | Path) -> pl.DataFrame:
    """The table of tissues.

    Raises
    ------
    InputError
        If a column is missing, a cell empty, or a tissue named twice.
    """
    table = read_cells(path, "a table of tissues", columns=TISSUES).fill_null("")
    if table.is_empty():
        raise InputError(f"{path} has no rows; expected one per tissue")
    for row in table.iter_rows(named=True):
        if empty := [name for name in TISSUES if not row[name]]:
            raise InputError(f"{path}: {row['tissue'] or 'a row'} has no {empty[0]}; give one")
    if table["tissue"].is_duplicated().any():
        twice = table.filter(pl.col("tissue").is_duplicated())["tissue"][0]
        raise InputError(f"{path}: tissue {twice} comes more than once; keep one row")
    return table.select(TISSUES)


def write_vcf(variants: pl.DataFrame, path: str | Path) -> None:
    """Write variants as a VCF, each once and sorted by place.

    Parameters
    ----------
    variants : DataFrame
        variant, chrom, pos, ref, alt, trait, tissue, pip, distance_bp, positive.
    path : path
    """
    once = variants.unique("variant", keep="first", maintain_order=True).sort("chrom", "pos", "alt")
    lines = once.select(
        pl.format(
            "{}\t{}\t{}\t{}\t{}\t.\t.\tMT={};TI={};PP={};PD={};PI={}\n",
            "chrom", "pos", "variant", "ref", "alt", "trait", "tissue", "pip", "distance_bp",
            "positive",
        )
    )  # fmt: skip
    with atomic(path) as temporary:
        temporary.write_text(HEADER + "".join(lines.to_series()))


class _Tissue(NamedTuple):
    """A tissue: its name, the expression of genes (gene, tpm), and where variants are in genes."""

    name: str
    expression: pl.DataFrame
    places: GenePlaces
    sites: pl.DataFrame
    options: QtlOptions

    def match(
        self, mapped: pl.DataFrame, tested: pl.DataFrame, highest: pl.DataFrame, seed: int
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Likely causal variants with a status, and the negatives of those that have one."""
        options = self.options
        bins = self._bins()
        causal = self._placed(mapped.filter(pl.col("pip") >= options.least_pip)).join(
            bins, on="gene", how="left"
        )
        causal = causal.with_columns(self._status())
        pool = self._negatives(tested, highest).join(bins, on="gene")
        pool = pool.join(causal.filter(status=MATCHED), on=VARIANT, how="anti")
        wanted = causal.with_row_index("at").filter(status=MATCHED)
        chosen = match_negatives(wanted, pool, options.same_gene, options.same_alleles, seed)
        left = wanted.filter(pl.Series(chosen < 0))["at"]
        found = chosen[chosen >= 0]
        names = wanted["variant"].filter(pl.Series(chosen >= 0))
        negatives = pool[found].with_columns(tissue=pl.lit(self.name), trait="gene", positive=names)
        alone = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(left.implode())
        status = pl.when(alone).then(pl.lit(NO_NEGATIVE)).otherwise("status")
        told = causal.with_columns(tissue=pl.lit(self.name), status=status)
        columns = ["tissue", "variant", *VARIANT, "trait", "pip", "distance_bp"]
        return told.select(*columns, "status"), negatives.select(*columns, "positive")

    def _bins(self) -> pl.DataFrame:
        bins: Bins = expression_bins(self.expression["tpm"].to_numpy())
        return self.expression.select("gene", *(pl.Series(n, b) for n, b in bins._asdict().items()))

    def _distances(self, variants: pl.DataFrame) -> pl.DataFrame:
        """Variants by gene: distance to its nearest site, and whether they are in the region."""
        near = site_distances(
            variants, self.places, self.sites, self.options.pad_bp, self.options.most_distance_bp
        )
        if self.options.region == "gene":
            return near.with_columns(in_region=pl.lit(True))
        held = in_intervals(variants.select(VARIANT), self.places.utr3).drop("strand").unique()
        return near.join(
            held.with_columns(in_region=pl.lit(True)), on=[*VARIANT, "gene"], how="left"
        ).with_columns(pl.col("in_region").fill_null(False))

    def _placed(self, causal: pl.DataFrame) -> pl.DataFrame:
        """Likely causal variants where they are in the gene of their trait; a row each."""
        rows = causal.with_columns(variant=_name()).with_row_index("row")
        near = self._distances(rows.select(VARIANT).unique())
        return rows.join(near, on=[*VARIANT, "gene"], how="left").sort("row")

    def _status(self) -> pl.Expr:
        """What becomes of a likely causal variant; the best row of each variant counts."""
        status = (
            pl.when(~_is_snv()).then(pl.lit(NOT_SNV))
            .when(pl.col("in_region").is_null()).then(pl.lit(OTHER_GENE))
            .when(pl.col("distance_bp").is_null()).then(pl.lit(NO_SITE))
            .when(~pl.col("in_region")).then(pl.lit(OTHER_REGION))
            .when(pl.col("own").is_null()).then(pl.lit(NO_EXPRESSION))
            .otherwise(pl.lit(MATCHED))
        )  # fmt: skip
        order = [status != MATCHED, pl.col("distance_bp"), -pl.col("pip"), pl.col("row")]
        first = pl.col("row").sort_by(order).first().over("variant") == pl.col("row")
        return (
            pl.when((status == MATCHED) & ~first).then(pl.lit(ANOTHER_PLACE))
            .otherwise(status).alias("status")
        )  # fmt: skip

    def _negatives(self, tested: pl.DataFrame, highest: pl.DataFrame) -> pl.DataFrame:
        """Tested SNVs without an effect, in the gene whose poly(A) site is nearest."""
        known = tested.filter(_is_snv()).join(highest, on=VARIANT, how="left")
        without = known.with_columns(pl.col("pip").fill_null(0.0), variant=_name())
        near = self._distances(without.filter(pl.col("pip") < self.options.most_pip))
        usable = near.filter(pl.col("in_region") & pl.col("distance_bp").is_not_null())
        expressed = usable.join(self.expression, on="gene", how="semi")
        nearest = expressed.sort("distance_bp", *VARIANT, "gene")
        return nearest.unique("variant", keep="first", maintain_order=True)


def _is_snv() -> pl.Expr:
    return (pl.col("ref").str.len_chars() == 1) & (pl.col("alt").str.len_chars() == 1)


def _name() -> pl.Expr:
    return pl.concat_str(VARIANT, separator="_")
