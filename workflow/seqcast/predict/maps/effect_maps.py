"""Layout of mutagenesis maps: one effect per base and allele, from score tables of all SNVs.

The effect of an allele is the mean of a score over the tracks of a group, ALT minus REF for signed
scores, and the mean over folds. Its spread is the sample standard deviation of that mean over
folds. The effect of the reference base is 0 by definition, where an alternative is scored. What was
not scored is NaN in arrays and null in tables, and keeps its status; it is never 0.

Of a base, ``mean_effect`` is the mean over the three alternatives. ``importance`` is its negative:
what the reference base contributes, positive where replacing it lowers the score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.genome.annotation import Annotation
from seqcast.predict.maps.group_effects import FOLD

BASES = "ACGT"
ALLELES = (*BASES, "deletion")  # columns of a map
SCORED, INCOMPLETE, ELSEWHERE = "scored", "alternatives_missing", "gene_not_in_window"
STATUSES = {  # in addition to those of variants, which a base has from them
    SCORED: "all three SNVs of the base are scored",
    INCOMPLETE: "the scores lack SNVs of the base",
    ELSEWHERE: "scored, but the gene is not in the window",
}
VARIANT = ["tracks", "pos", "ref", "alt"]


class Region(NamedTuple):
    """A region, as `region_sets` has them: its number and name, and where it is.

    ``chrom`` is the contig as variants name it, ``contig`` as the genome does (None: it has none).
    ``start`` and ``end`` are 0-based half-open.
    """

    region: int
    name: str
    chrom: str
    contig: str | None
    start: int
    end: int


@dataclass(frozen=True)
class EffectMap:
    """The map of one region, gene and group of tracks.

    Attributes
    ----------
    region : Region
    rows : DataFrame
        Of `group_effects`, each variant of the region once; those that could not be scored too.
    """

    region: Region
    rows: pl.DataFrame

    def __len__(self) -> int:
        """Number of bases."""
        return self.region.end - self.region.start

    @property
    def tracks(self) -> str:
        """Name of the group of tracks."""
        return str(self.rows["tracks"][0])

    @property
    def gene_id(self) -> str | None:
        """The gene that is affected; none where no variant was scored in one."""
        found = self.rows["gene_id"].drop_nulls()
        return None if found.is_empty() else str(found[0])

    @property
    def gene_name(self) -> str | None:
        """Name of the gene."""
        found = self.rows["gene_name"].drop_nulls()
        return None if found.is_empty() else str(found[0])

    @property
    def folds(self) -> list[str]:
        """Names of the folds."""
        return [name.removeprefix(FOLD) for name in self.rows.columns if name.startswith(FOLD)]

    @cached_property
    def reference(self) -> str:
        """Bases of the region; N where no row tells."""
        bases = ["N"] * (len(self))
        for place, ref in zip(self._places[0], self.rows["ref"], strict=True):
            if len(ref) == 1:
                bases[place] = ref.upper()
        return "".join(base if base in BASES else "N" for base in bases)

    @cached_property
    def effects(self) -> np.ndarray:
        """Effect of each allele, shape (bases, 5) in the order of `ALLELES`; NaN: not scored."""
        return self._laid_out("effect")

    @cached_property
    def spreads(self) -> np.ndarray:
        """Standard deviation of `effects` over folds, of their shape; NaN without a spread."""
        return self._laid_out("effect_sd", of_reference=np.nan)

    @cached_property
    def fold_effects(self) -> np.ndarray:
        """Effects of each fold, shape (folds, bases, 5)."""
        return np.stack([self._laid_out(FOLD + name) for name in self.folds])

    @cached_property
    def statuses(self) -> list[str]:
        """Status of each base: scored if its three SNVs are, otherwise that of one that is not.

        `INCOMPLETE` where rows of SNVs are missing and no other row of the base tells why.
        """
        snvs: list[list[str]] = [[] for _ in range(len(self))]
        others: list[list[str]] = [[] for _ in snvs]
        rows = zip(*self._places, self._alleles, self.rows["status"], strict=True)
        for first, last, allele, status in rows:
            for place in range(first, last + 1):
                (snvs if 0 <= allele < len(BASES) else others)[place].append(status)
        found = []
        for of_base, beside in zip(snvs, others, strict=True):
            is_complete = len(of_base) == len(BASES) - 1
            unscored = [s for s in of_base + beside * (not of_base) if s != SCORED]
            found.append(next(iter(unscored), SCORED if is_complete else INCOMPLETE))
        return found

    @cached_property
    def mean_effects(self) -> np.ndarray:
        """Mean over the alternatives of each base, (bases,); NaN where a base is not scored."""
        return _mean_of_alternatives(self.effects, self._is_alternative)

    @property
    def importance(self) -> np.ndarray:
        """What the reference base contributes, (bases,): minus `mean_effects`."""
        return -self.mean_effects

    def tidy(self) -> pl.DataFrame:
        """One row per variant: ``region``, ``name``, then the columns of `group_effects`."""
        return self.rows.select(*self._of_region, pl.all())

    def bases(self) -> pl.DataFrame:
        """One row per base.

        Returns
        -------
        DataFrame
            region, name, gene_id, gene_name, tracks, chrom, contig (the genome's name), pos
            (1-based), ref, status; the effects A, C, G, T and deletion; ``mean_effect``,
            ``importance``, ``importance_sd`` (over folds), ``largest_effect`` (of the alternative
            with the greatest magnitude, signed) and ``largest_alt``. Null where not scored;
            ``mean_effect`` and what follows only where all three alternatives are.
        """
        spread = np.full(len(self), np.nan)
        if not self.rows["effect_sd"].is_null().all():
            of_folds = [_mean_of_alternatives(f, self._is_alternative) for f in self.fold_effects]
            spread = np.std(of_folds, axis=0, ddof=1)
        known = np.isfinite(self.mean_effects)
        sizes = np.where(self._is_alternative & known[:, None], np.abs(self.effects[:, :4]), -1.0)
        largest = sizes.argmax(axis=1)
        table = pl.DataFrame(
            {
                "pos": np.arange(self.region.start, self.region.end) + 1,
                "ref": list(self.reference),
                "status": self.statuses,
                **{name: self.effects[:, i] for i, name in enumerate(ALLELES)},
                "mean_effect": self.mean_effects,
                "importance": self.importance,
                "importance_sd": spread,
                "largest_effect": np.where(
                    known, self.effects[np.arange(len(known)), largest], np.nan
                ),
                "largest_alt": [
                    BASES[i] if k else None for i, k in zip(largest, known, strict=True)
                ],
            }
        ).fill_nan(None)
        told = {
            "gene_id": self.gene_id, "gene_name": self.gene_name, "tracks": self.tracks,
            "chrom": self.region.chrom, "contig": self.region.contig,
        }  # fmt: skip
        named = [pl.lit(value, pl.String).alias(name) for name, value in told.items()]
        return table.select(*self._of_region, *named, pl.all())

    @property
    def _of_region(self) -> list[pl.Expr]:
        number = pl.lit(self.region.region, pl.Int64)
        return [number.alias("region"), pl.lit(self.region.name).alias("name")]

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """First and last base of each row, counted from the start of the region, inside of it."""
        bases = changed_bases(self.rows)
        first = (bases["first"].to_numpy() - self.region.start).clip(0)
        last = (bases["last"].to_numpy() - self.region.start).clip(max=len(self) - 1)
        return first, last

    @cached_property
    def _alleles(self) -> np.ndarray:
        """Column of each row in a map, -1 for what has none, as insertions."""
        ref, alt = pl.col("ref").str.len_chars(), pl.col("alt").str.to_uppercase()
        of_alt = alt.replace_strict(list(BASES), range(len(BASES)), default=-1)
        is_deletion = (ref == 2) & (alt.str.len_chars() == 1)
        column = pl.when(ref == 1).then(of_alt).when(is_deletion).then(len(BASES)).otherwise(-1)
        return self.rows.select(column.cast(pl.Int64)).to_series().to_numpy()

    @cached_property
    def _is_alternative(self) -> np.ndarray:
        """Whether one of the four bases is not the reference, (bases, 4); no base: none is."""
        reference = np.array(list(self.reference))
        return (reference[:, None] != np.array(list(BASES))) & (reference != "N")[:, None]

    def _laid_out(self, column: str, of_reference: float = 0.0) -> np.ndarray:
        grid = np.full((len(self), len(ALLELES)), np.nan)
        known = self._alleles >= 0
        values = self.rows[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
        grid[self._places[0][known], self._alleles[known]] = values[known]
        of_bases = grid[:, : len(BASES)]  # a view
        is_scored = np.isfinite(of_bases).any(axis=1) & self._is_alternative.any(axis=1)
        of_bases[~self._is_alternative & is_scored[:, None]] = of_reference
        deletions = grid[:, len(BASES)]
        for step in (1, -1):  # bases of a run of equal ones leave the same sequence behind
            ordered, bases = deletions[::step], self.reference[::step]
            for i in range(1, len(bases)):
                if np.isnan(ordered[i]) and bases[i] == bases[i - 1]:
                    ordered[i] = ordered[i - 1]
        return grid


def _mean_of_alternatives(effects: np.ndarray, is_alternative: np.ndarray) -> np.ndarray:
    """Mean over three alternatives, (bases,); NaN where one of them is, or the base is N."""
    total = np.where(is_alternative, effects[:, : len(BASES)], 0.0).sum(axis=1)
    means: np.ndarray = np.where(is_alternative.any(axis=1), total / (len(BASES) - 1), np.nan)
    return means


def changed_bases(rows: pl.DataFrame) -> pl.DataFrame:
    """Which bases each row is about: ``first`` and ``last`` (0-based, both inclusive).

    That of a substitution; of a deletion, the lost ones; of an insertion, the one behind it: a VCF
    anchors both on the base before. A row of `enumeration` that stands for bases without variants
    (REF N, ALT ".") has them in its name.
    """
    ref, alt = pl.col("ref").str.to_uppercase(), pl.col("alt").str.to_uppercase()
    n_ref, n_alt = (allele.str.len_chars().cast(pl.Int64) for allele in (ref, alt))
    is_anchored = (n_ref != n_alt) & (ref.str.starts_with(alt) | alt.str.starts_with(ref))
    first = (
        pl.col("pos") - 1 + pl.when(is_anchored).then(pl.min_horizontal(n_ref, n_alt)).otherwise(0)
    )
    last = pl.max_horizontal(first, pl.col("pos") - 2 + n_ref)
    end = pl.col("variant").str.extract(r":\d+-(\d+)$").cast(pl.Int64) - 1
    of_run = pl.when((ref == "N") & (alt == ".")).then(end)
    return rows.select(first=first, last=pl.coalesce(of_run, last))


def effect_maps(
    effects: pl.DataFrame, regions: pl.DataFrame, annotation: Annotation
) -> list[EffectMap]:
    """Maps of regions: of each region one per gene and group of tracks, in this order.

    Parameters
    ----------
    effects : DataFrame
        Of `group_effects`.
    regions : DataFrame
        The fields of `Region`; they may overlap. Those without a place have no map.
    annotation : Annotation
        A 3' UTR, which has the name of its gene, is mapped for that gene. Another region is
        mapped for the scored genes that it overlaps, introns included; where it overlaps none, for
        the one that it changes most.

    Returns
    -------
    list of EffectMap
        A region without a scored variant has a map without a gene, which keeps the statuses.

    Raises
    ------
    InputError
        If a region has no row, not even one that says why.
    """
    rows_of = _Rows(effects)
    as_variants = pl.col("chrom").first().over("contig")
    chrom = pl.when(pl.col("contig").is_null()).then("chrom").otherwise(as_variants)
    named = regions.drop_nulls("start").with_columns(chrom=chrom)
    found = []
    for region in map(Region._make, named.select(Region._fields).iter_rows()):
        rows = rows_of.within(region)
        if rows.is_empty():
            raise InputError(
                f"region {region.name} ({region.chrom}:{region.start + 1:,}-{region.end:,}) has "
                "no variant among the scores; expected scores of its SNVs. Enumerate them again"
            )
        for gene_id in _mapped_genes(rows, region, annotation):
            once = _rows_of_gene(rows, gene_id).unique(VARIANT, keep="first", maintain_order=True)
            groups = once.partition_by("tracks", maintain_order=True)
            found += [EffectMap(region, group) for group in groups]
    return found


class _Rows:
    """Rows by the bases that they are about: those of one of many regions are found fast."""

    def __init__(self, effects: pl.DataFrame) -> None:
        placed = effects.hstack(changed_bases(effects)).sort("first", maintain_order=True)
        self.contigs = {
            chrom: (rows, rows["first"].to_numpy(), rows["last"].cum_max().to_numpy())
            for (chrom,), rows in placed.group_by(["chrom"], maintain_order=True)
        }

    def within(self, region: Region) -> pl.DataFrame:
        """Rows of which a base is in the region."""
        if region.chrom not in self.contigs:
            return pl.DataFrame()
        rows, first, reached = self.contigs[region.chrom]
        start = int(np.searchsorted(reached, region.start, side="left"))
        stop = int(np.searchsorted(first, region.end, side="left"))
        near = rows.slice(start, max(stop - start, 0))
        return near.filter(pl.col("last") >= region.start).drop("first", "last")


def _mapped_genes(
    rows: pl.DataFrame, region: Region, annotation: Annotation
) -> Sequence[str | None]:
    """Genes that a region is mapped for, those with greater effects first."""
    sizes = rows.drop_nulls("gene_id").group_by("gene_id", maintain_order=True)
    mean = sizes.agg(pl.col("effect").abs().mean())
    scored = mean.sort("effect", descending=True, nulls_last=True)["gene_id"].to_list()
    if region.name in scored:
        return [region.name]
    here = annotation.overlapping(region.contig or "", region.start, region.end, span=True)
    names = {gene.gene_id for gene in here}
    return [name for name in scored if name in names] or scored[:1] or [None]


def _rows_of_gene(rows: pl.DataFrame, gene_id: str | None) -> pl.DataFrame:
    """Rows of a gene and of variants in no gene; variants in other genes keep no number."""
    of_gene = pl.col("gene_id").eq_missing(pl.lit(gene_id, pl.String))
    own = rows.filter(of_gene | pl.col("gene_id").is_null())
    others = rows.join(own, on=VARIANT, how="anti", maintain_order="left")
    kept = pl.all().exclude("gene_id", "gene_name", "^effect.*$")
    others = others.select(kept).with_columns(status=pl.lit(ELSEWHERE))
    return pl.concat([own, others], how="diagonal").sort("pos", maintain_order=True)


def strongest_maps(bases: pl.DataFrame, top: int | None = None) -> list[pl.DataFrame]:
    """Tables of bases of single maps, those with the most important bases first.

    Parameters
    ----------
    bases : DataFrame
        `EffectMap.bases` of several maps.
    top : int, optional
        How many. Default: all.
    """
    maps = bases.partition_by(["region", "gene_id", "tracks"], maintain_order=True)
    sizes = np.array([np.nan_to_num(one["importance"].abs().cast(pl.Float64).to_numpy()).max()
                      for one in maps])  # fmt: skip
    return [maps[i] for i in np.argsort(-sizes, kind="stable")[:top]]
