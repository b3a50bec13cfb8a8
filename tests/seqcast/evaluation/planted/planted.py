"""A small simulated genome with its truth, and predictions for it whose worth is known."""

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.store import array_column, write_tsv
from seqcast.evaluation.planted.planted_tables import true_scores
from seqcast.evaluation.planted.planted_variants import Scores, compare_variants
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.intervals import merge_intervals
from seqcast.genome.tracks import Tracks
from seqcast.predict.coverage.coverage_files import create_coverage_store
from seqcast.predict.variants.ensemble import average_scores
from seqcast.simulate import Parameters
from seqcast.simulate.assays import ASSAYS, TRACKS, targets_table
from seqcast.simulate.coverage import expected_coverage
from seqcast.simulate.effects import true_effects
from seqcast.simulate.genome import SimulatedGenome, draw_genome
from seqcast.simulate.planted import draw_planted
from seqcast.simulate.truth_tables import gene_table

HELD_OUT = ["chrS2"]
SMALL = Parameters(
    contigs=(("chrS1", 2), ("chrS2", 24)), planted_snvs=25, planted_decoys=6, planted_ares=6
)
SEED = 3
FACTORS = np.array([assay.scale for assay in ASSAYS])
BIN_BP, BINS = 32, 128


@cache
def genome() -> SimulatedGenome:
    return draw_genome(SMALL, SEED)


@cache
def variants():
    return draw_planted(genome())


@cache
def effects() -> pl.DataFrame:
    return true_effects(genome(), variants())


def pairs() -> pl.DataFrame:
    rows = [(v.chrom, v.pos, v.ref, v.alt, v.pair) for v in variants()]
    return pl.DataFrame(rows, schema=["chrom", "pos", "ref", "alt", "pair"], orient="row")


def genes() -> pl.DataFrame:
    return gene_table(genome())


def tracks(folder: Path) -> Tracks:
    write_tsv(targets_table(), folder / "targets.tsv")
    return Tracks.read(folder / "targets.tsv")


def track_table() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "identifier": [f"{a.name}+" for a in ASSAYS],
            "description": [a.description for a in ASSAYS],
        }
    )


def perfect() -> np.ndarray:
    """logSED of each planted variant as the truth has it: (variants, tracks)."""
    return true_scores(effects(), track_table()["identifier"].to_list(), FACTORS)


def score_table(values: np.ndarray, rows: pl.DataFrame | None = None) -> pl.DataFrame:
    """Scores of planted variants, each in its own gene, as `score_variants` writes them."""
    rows = effects() if rows is None else rows
    return pl.DataFrame(
        {
            "row": range(len(rows)),
            **{name: rows[name] for name in ("variant", "chrom", "pos", "ref", "alt", "gene_id")},
            "gene_name": rows["gene_id"],
            "status": ["scored"] * len(rows),
            "distance_to_tss_bp": [0] * len(rows),
        }
    ).with_columns(array_column("logSED", values, np.ones(len(rows), bool)))


def scores(*folds: np.ndarray) -> Scores:
    """Scores of folds and their ensemble."""
    tables = [score_table(values) for values in folds]
    return Scores(average_scores(tables), tuple(tables), track_table())


def compared(*folds: np.ndarray) -> pl.DataFrame:
    """Variants with predictions of folds beside the truth."""
    return compare_variants(effects(), pairs(), scores(*folds), FACTORS, HELD_OUT)


def annotation() -> Annotation:
    """Union of the exons of each gene: those of its longest transcript."""
    return Annotation(
        tuple(
            Gene(p.gene_id, p.gene_name, p.chrom, p.strand,
                 merge_intervals(p.interval(*exon) for exon in p.gene.exons))
            for p in genome().genes
        )
    )  # fmt: skip


def binned_truth(chrom: str = "chrS2") -> np.ndarray:
    """Expected coverage in bins, with the scale of targets: (tracks, bins of whole windows)."""
    length = len(genome().contigs[chrom])
    both = np.stack([expected_coverage(genome(), chrom, s) for s in "+-"], axis=1)
    scaled = both.reshape(len(TRACKS), length) * np.repeat(FACTORS, 2)[:, None]
    padded = np.pad(scaled, ((0, 0), (0, -length % (BIN_BP * BINS))))
    return padded.reshape(len(TRACKS), -1, BIN_BP).sum(axis=2)


def write_coverage_store(path: Path, binned: np.ndarray, skip: int = 0) -> Path:
    """Coverage of chrS2 in windows that touch; the first `skip` of them are left out."""
    starts = np.arange(skip, binned.shape[1] // BINS) * BIN_BP * BINS
    windows = pl.DataFrame(
        {"contig": ["chrS2"] * len(starts), "start": starts, "end": starts + BIN_BP * BINS}
    )
    names = pl.DataFrame({"identifier": [track.identifier for track in TRACKS]})
    with create_coverage_store(path, windows, names, BINS, {}) as write:
        for start in starts // BIN_BP:
            write(binned[:, start : start + BINS].astype(np.float32))
    return path
