"""Coverage at the peaks of CLIP, and at exonic bins of the same genes that are none.

Where along its transcripts a protein binds: each gene gives as many bins of one kind as of the
other, and values are relative to the gene's mean, so that expression says nothing.
"""

import logging
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from seqcast.core.errors import InputError
from seqcast.core.store import write_table
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.coverage_accuracy import (
    AccuracyOptions,
    EvaluationFiles,
    tested_fold,
)
from seqcast.evaluation.coverage.gene_matrices import TOLD
from seqcast.genome.annotation import Annotation, Gene, read_annotation
from seqcast.genome.gene_regions import counted_regions, region_bins
from seqcast.genome.tracks import Tracks

logger = logging.getLogger(__name__)

NAME = re.compile(r"([^:_]+)[:_]([^:_]+)")
ROWS = {
    "chrom": pl.String, "start": pl.Int64, "strand": pl.String, "gene_id": pl.String,
    "description": pl.String, "label": pl.Int64, "predicted": pl.Float64, "measured": pl.Float64,
    "others": pl.Float64,
}  # fmt: skip


def collect_peaks(
    files: EvaluationFiles, peaks: str | Path, output: str | Path, facts: Mapping[str, Any],
    head: str | None, options: Mapping[str, Any], inference: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Write the coverage that a fold predicts at peaks and elsewhere, in its test windows.

    Parameters
    ----------
    files : EvaluationFiles
    peaks : path
        See `read_peaks`.
    output : path
        Parquet of `PeakCollector.table`.
    facts, options, inference : mapping
        See `evaluate_coverage`.
    head : str or None
    threads : int

    Raises
    ------
    InputError
        As `evaluate_coverage`; or if no peak is of a track, or none lies in exons of the windows.
    """
    wanted, table = AccuracyOptions.of(options), read_peaks(peaks)
    tested = tested_fold(files, facts, head, wanted, inference, threads)
    tracks = tested.tracks
    genes = read_annotation(files.annotation)
    collector = PeakCollector(genes, tracks, table, tested.store.bin_size_bp)
    for chrom, start, guess, truth in tested.compared():
        coverage = (
            tracks.untransform(torch.as_tensor(values, dtype=torch.float32), wanted.unclip).numpy()
            for values in (guess, truth)
        )
        collector.add(chrom, start, *coverage)
    found = collector.table()
    if not found.height:
        raise InputError(
            f"{peaks}: none of {table.height} peaks lies in exons of the test windows, next to "
            "exonic bins without a peak; expected some. Check that peaks, annotation and windows "
            "are of one assembly."
        )
    about = {**tested.made, **facts, "set_digest": tested.store.digest, "options": dict(options)}
    write_table(found, output, about)


def read_peaks(path: str | Path) -> pl.DataFrame:
    """Peaks of CLIP from a BED file, plain or compressed.

    Parameters
    ----------
    path : path
        Six columns or more; names begin with protein and cell line, as ``FUS_K562_IDR`` of ENCODE
        or ``FUS:K562``.

    Returns
    -------
    DataFrame
        chrom, start, end, strand, description (``CLIP:FUS:K562``).

    Raises
    ------
    InputError
        If there are fewer columns, an interval is none, a strand is neither + nor -, or a name
        does not tell protein and cell line.
    """
    cells = read_cells(path, "peaks in BED format", header=False)
    if cells.width < 6:
        raise InputError(f"{path} has {cells.width} columns; expected BED with 6 or more")
    table = cells[:, :6]
    table.columns = ["chrom", "start", "end", "name", "score", "strand"]
    names = pl.col("name").fill_null("").str.extract_groups(f"^{NAME.pattern}")
    place = pl.col("start", "end").cast(pl.Int64, strict=False)
    table = table.with_columns(place, rbp=names.struct[0], cell=names.struct[1])
    good = (
        (pl.col("start") >= 0) & (pl.col("start") < pl.col("end"))
        & pl.col("strand").is_in(["+", "-"]) & pl.col("rbp").is_not_null()
    ).fill_null(value=False)  # fmt: skip
    if (bad := table.filter(~good)).height:
        raise InputError(
            f"{path}: {bad.height} lines such as {bad.row(0)[:6]}; expected chrom, start < end, a "
            "name that begins with protein and cell line (FUS_K562), a score, and + or -"
        )
    return table.select("chrom", "start", "end", "strand",
                        description=pl.format("CLIP:{}:{}", "rbp", "cell"))  # fmt: skip


class PeakCollector:
    """Bins at peaks, and as many others, of windows that arrive one after the other.

    Parameters
    ----------
    annotation : Annotation
        Exons that genes of one strand share count for none.
    tracks : Tracks
        Of the rows of coverage.
    peaks : DataFrame
        As of `read_peaks`. A bin that shares a base with a peak on the gene's strand is one.
    bin_size_bp : int
    seed : int
        Of the draw of bins, which does not depend on the model: replicates have the same.

    Raises
    ------
    InputError
        If no peak is of a track.
    """

    def __init__(
        self, annotation: Annotation, tracks: Tracks, peaks: pl.DataFrame, bin_size_bp: int,
        seed: int = 0,
    ) -> None:  # fmt: skip
        self._tracks, self._size, self._seed = tracks, bin_size_bp, seed
        said = tracks.description[tracks.collapsed].tolist()
        known = set(peaks["description"])
        # place of a track among the collapsed ones, by experiment
        self._place = {name: i for i, name in enumerate(said) if name in known}
        if not self._place:
            raise InputError(
                f"peaks are of {sorted(known)[:TOLD]} ...; expected some of a track, which are "
                f"described as {said[:TOLD]} ..."
            )
        self._others = {
            name: [i for other, i in self._place.items()
                   if other != name and other.split(":")[2] == name.split(":")[2]]
            for name in self._place
        }  # fmt: skip
        regions = counted_regions(annotation)
        pairs = zip(annotation.genes, regions, strict=True)
        self._genes = Annotation(tuple(
            Gene(gene.gene_id, gene.gene_name, gene.chrom, gene.strand, own)
            for gene, own in pairs if own
        ))  # fmt: skip
        keys = ["chrom", "strand", "description"]
        self._peaks = peaks.partition_by(keys, as_dict=True)
        self._seen: set[tuple[str, int]] = set()
        self._rows: list[tuple] = []

    def add(self, chrom: str, start: int, predicted: np.ndarray, measured: np.ndarray) -> None:
        """Take in the genes of a window.

        Parameters
        ----------
        chrom : str
        start : int
            0-based, the first base of the first bin.
        predicted, measured : ndarray, shape=(tracks, bins)
            Coverage. A bin of a gene that an earlier window had is not counted again.
        """
        bins = predicted.shape[1]
        end = start + bins * self._size
        masks = {strand: self._masks(chrom, strand, start, end, bins) for strand in ("+", "-")}
        for gene in self._genes.overlapping(chrom, start, end):
            found = np.unique(region_bins(gene.exons, start, bins, self._size))
            new = [
                key not in self._seen
                for key in ((gene.gene_id, int(b)) for b in start // self._size + found)
            ]
            found = found[new]
            self._seen |= {(gene.gene_id, int(b)) for b in start // self._size + found}
            rows = self._tracks.of_gene_strand(gene.strand)
            if len(found):
                pair = (_relative(values[rows][:, found]) for values in (predicted, measured))
                self._draw(gene, start, found, masks[gene.strand], *pair)

    def table(self) -> pl.DataFrame:
        """Bins so far.

        Returns
        -------
        DataFrame
            A row per bin and experiment: chrom, start, strand, gene_id, description, label (1 at a
            peak); predicted, measured, and others: measured, the mean of the other proteins in the
            cell line (null if there are none). Each is log2(1 + coverage) less that of the mean
            over the gene's exonic bins in the window.
        """
        return pl.DataFrame(self._rows, schema=ROWS, orient="row")

    def _masks(
        self, chrom: str, strand: str, start: int, end: int, bins: int
    ) -> dict[str, np.ndarray]:
        """Bins of a window that share a base with a peak, bool, by experiment that has some."""
        found = {}
        for name in self._place:
            rows = self._peaks.get((chrom, strand, name))
            if rows is None:
                continue
            near = rows.filter((pl.col("start") < end) & (pl.col("end") > start))
            if near.height:
                mask = np.zeros(bins, dtype=bool)
                for low, high in near.select("start", "end").iter_rows():
                    mask[max(low - start, 0) // self._size : -((start - high) // self._size)] = True
                found[name] = mask
        return found

    def _draw(
        self, gene: Gene, start: int, bins: np.ndarray, masks: Mapping[str, np.ndarray],
        predicted: np.ndarray, measured: np.ndarray,
    ) -> None:  # fmt: skip
        """Rows of a gene: equally many bins with and without a peak of each experiment."""
        for name, mask in masks.items():
            kinds = [np.flatnonzero(mask[bins] == kind) for kind in (False, True)]
            if not (number := min(map(len, kinds))):
                continue
            key = zlib.crc32(f"{gene.gene_id} {name}".encode())
            rng = np.random.default_rng([self._seed, key, start])
            track, others = self._place[name], self._others[name]
            for label, kind in enumerate(kinds):
                for i in np.sort(rng.choice(kind, number, replace=False)):
                    mean = float(measured[others, i].mean()) if others else None
                    self._rows.append(
                        (gene.chrom, start + int(bins[i]) * self._size, gene.strand, gene.gene_id,
                         name, label, float(predicted[track, i]), float(measured[track, i]), mean)
                    )  # fmt: skip


def _relative(coverage: np.ndarray) -> np.ndarray:
    """log2(1 + coverage) less that of the mean over bins, (tracks, bins)."""
    values = np.maximum(coverage, 0)
    return np.log2(1 + values) - np.log2(1 + values.mean(axis=1, keepdims=True))
