"""What the figures of mutagenesis maps show, and the files that it is read from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.provenance import model_in_words
from seqcast.core.seals import check_seal
from seqcast.core.store import read_provenance, read_table, read_tsv
from seqcast.evaluation.variants.attribution_agreement import AGREEMENT, MAP
from seqcast.genome.annotation import Gene, read_annotation
from seqcast.genome.intervals import merge_intervals
from seqcast.predict.maps.effect_maps import strongest_maps
from seqcast.transcripts.annotation import read_transcripts


class Mark(NamedTuple):
    """Something known to lie at ``[start, end)``, written above the map."""

    start: int
    end: int
    label: str
    colour: str


@dataclass(frozen=True)
class MapView:
    """What the figure of a map shows.

    Attributes
    ----------
    bases : DataFrame
        `EffectMap.bases` of one map, perhaps with ``gradient_x_input``.
    gene : Gene, optional
        The affected one.
    coding : tuple of (int, int)
        The parts of its exons that code, 0-based half-open.
    coverage : ndarray, shape=(bins,), optional
        Predicted for the reference on the gene's strand, mean over the tracks of the map.
    coverage_start, bin_size_bp : int
        0-based coordinate of bin 0.
    score : str
        What effects are.
    made_by : str
        Dataset, model and folds.
    tracks : str
        The group of tracks in words; its name by default.
    marks : sequence of Mark
    """

    bases: pl.DataFrame
    gene: Gene | None = None
    coding: tuple[tuple[int, int], ...] = ()
    coverage: np.ndarray | None = None
    coverage_start: int = 0
    bin_size_bp: int = 1
    score: str = "logSED"
    made_by: str = ""
    tracks: str = ""
    marks: Sequence[Mark] = field(default_factory=tuple)

    @property
    def start(self) -> int:
        """First base of the region, 0-based."""
        return int(self.bases["pos"][0]) - 1

    @property
    def end(self) -> int:
        """End of the region, exclusive."""
        return int(self.bases["pos"][-1])

    @property
    def is_reversed(self) -> bool:
        """Whether the map is drawn from right to left of the contig, in the gene's direction."""
        return self.gene is not None and self.gene.strand == "-"


class DrawnFiles(NamedTuple):
    """Files that maps are drawn from.

    Attributes
    ----------
    bases : path
        `map_files.MapTables.bases`.
    references : path
        npz of `references.predict_references`, of the strongest of these maps.
    genes : path
        Table of `Annotation.write`.
    annotation : path
        GTF or GFF3, for the coding parts of genes.
    attributions, agreement : path, optional
        `attribution_agreement.AgreementFiles` of these maps.
    """

    bases: str | Path
    references: str | Path
    genes: str | Path
    annotation: str | Path
    attributions: str | Path | None = None
    agreement: str | Path | None = None


def read_views(files: DrawnFiles) -> list[MapView]:
    """What the figures of the strongest maps show, the strongest first.

    Raises
    ------
    InputError
        If a file is damaged.
    """
    facts = read_provenance(files.bases)
    check_seal(files.references)
    with np.load(files.references) as arrays:
        coverage, starts, bin_size_bp = (arrays[n] for n in ("coverage", "start", "bin_size_bp"))
    table = read_table(files.bases)
    if files.attributions:
        columns = [*MAP, "chrom", "pos", "gradient_x_input"]
        of_bases = read_table(files.attributions, columns)
        table = table.join(of_bases, columns[:-1], how="left", maintain_order="left")
    maps = strongest_maps(table, len(coverage))
    genes = {(gene.chrom, gene.gene_id): gene for gene in read_annotation(files.genes).genes}
    of_maps = [genes.get((one["contig"][0], one["gene_id"][0])) for one in maps]
    coding = coding_parts(files.annotation, [gene for gene in of_maps if gene])
    groups = {n: f"{n} ({like})" if like else n for n, like in facts["track_groups"].items()}
    made_by = f"{facts['dataset']}; {model_in_words(facts)}"
    return [
        MapView(
            bases, gene, coding[gene.gene_id] if gene else (), values if gene else None, int(start),
            int(bin_size_bp), facts["score"], made_by, groups[bases["tracks"][0]],
        )
        for bases, gene, values, start in zip(maps, of_maps, coverage, starts, strict=True)
    ]  # fmt: skip


def read_agreement(files: DrawnFiles) -> pl.DataFrame:
    """How far attributions agree with the maps (`AGREEMENT`); no row where it is not measured."""
    if files.agreement is None:
        return pl.DataFrame(schema=AGREEMENT)
    return read_tsv(files.agreement, AGREEMENT)


def coding_parts(
    annotation: str | Path, genes: Sequence[Gene]
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Union of the CDS of all transcripts of each gene, by its gene_id; empty where it has none."""
    parts: dict[str, list[tuple[int, int]]] = {gene.gene_id: [] for gene in genes}
    for transcript in read_transcripts(annotation) if parts else ():
        if transcript.gene_id in parts:
            parts[transcript.gene_id] += transcript.cds
    return {gene_id: merge_intervals(intervals) for gene_id, intervals in parts.items()}
