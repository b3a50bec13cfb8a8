"""The targets table of a new training: tracks of a user, their pairs and their scale."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.bigwig import BigWig
from seqcast.datasets.coverage.coverage_sets import open_tracks
from seqcast.datasets.coverage.preflight import gene_sums, telling_genes
from seqcast.datasets.coverage.target_scales import CLIP, TYPICAL_SUM, one_digit, suggested_scale
from seqcast.datasets.coverage.track_names import UNSTRANDED, TrackFile
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.gene_regions import Regions
from seqcast.genome.tracks import STRANDS as OPPOSITE
from seqcast.plan.libraries import FOLDER, STRANDS

TRACKS_TRIED = 12  # whose genes decide the scale, evenly spread
READ_NT = 100  # assumed of reads of BAM files until their coverage is known


class TrainingFiles(NamedTuple):
    """What a user gives.

    Attributes
    ----------
    genome, annotation : Path
    tracks : tuple of TrackFile
    library_type : str
        Of BAM files; "" of bigWig files.
    aliases : Path, optional
        Other names of contigs.
    """

    genome: Path
    annotation: Path
    tracks: tuple[TrackFile, ...]
    library_type: str = ""
    aliases: Path | None = None


def libraries_of(files: TrainingFiles) -> list[tuple[TrackFile, str]]:
    """Each track, a strand each, and what the targets table names as its file."""
    ordered = sorted(files.tracks, key=lambda t: (t.course, t.hours or 0, t.replicate, t.strand))
    if not files.library_type:
        return [(track, str(Path(track.file).absolute())) for track in ordered]
    unstranded = files.library_type in STRANDS
    strands = {UNSTRANDED: "unstranded"} if unstranded else {"+": "plus", "-": "minus"}
    return [
        (replace(track, strand=strand), f"{FOLDER}{track.library}.{name}.bw")
        for track in ordered
        for strand, name in strands.items()
    ]


def targets_table(libraries: Sequence[tuple[TrackFile, str]]) -> pl.DataFrame:
    """The targets table, but for the scale."""
    names = [
        t.library + (t.strand if t.strand != UNSTRANDED else "") for t, _ in libraries
    ]  # fmt: skip
    pairs = [
        names.index(name[:-1] + OPPOSITE[name[-1]]) if t.strand != UNSTRANDED else i
        for i, (name, (t, _)) in enumerate(zip(names, libraries, strict=True))
    ]
    return pl.DataFrame({
        "": range(len(names)),
        "identifier": names,
        "file": [file for _, file in libraries],
        "clip": [f"{CLIP:g}"] * len(names),
        "clip_soft": [f"{CLIP:g}"] * len(names),
        "scale": ["1"] * len(names),
        "norm_factor": [f"{t.norm_factor:g}" for t, _ in libraries],
        "sum_stat": ["sum_sqrt"] * len(names),
        "strand_pair": pairs,
        "description": [t.description for t, _ in libraries],
        "group": [f"{t.sample} {t.assay}".strip() for t, _ in libraries],
        "negative": [_negative(t, file) for t, file in libraries],
    })  # fmt: skip


def _negative(track: TrackFile, file: str) -> str:
    """How values below 0 are read: of a minus strand they may be a way to store it."""
    if track.strand != "-" or file.startswith(FOLDER) or not Path(file).is_file():
        return ""
    return "flip" if BigWig(file, "flip").least() < 0 else ""


def choose_scale(
    files: TrainingFiles, table: pl.DataFrame, genes: Sequence[Gene], windows: pl.DataFrame,
    lengths: Mapping[str, int], bin_size_bp: int,
) -> tuple[float, list[str]]:  # fmt: skip
    """One scale for all tracks, so that they stay comparable; notes on their files."""
    annotation = Annotation(tuple(genes))
    if files.library_type:
        exons_bp = sum(end - start for gene in genes for start, end in gene.exons)
        scale = one_digit(TYPICAL_SUM / (1e6 * READ_NT * bin_size_bp / max(1, exons_bp)))
        return scale, [
            f"scale {scale:g} assumes a million reads of {READ_NT} nt, as per_million gives; the "
            "preflight measures it"
        ]
    opened = open_tracks(table.with_columns(pl.all().cast(pl.String)), "tracks", windows, lengths)
    chosen = telling_genes(annotation, windows)
    if not chosen:
        raise InputError(
            f"{files.annotation}: no gene lies in a window and overlaps no other; expected the "
            "genes of this genome. Give its annotation."
        )
    step = max(1, len(opened) // TRACKS_TRIED)
    tried, names = opened[::step], table["identifier"].to_list()[::step]
    found = [
        _scale_of(track, name, chosen, bin_size_bp)
        for track, name in zip(tried, names, strict=True)
    ]
    if not any(found):
        raise InputError(
            f"{tried[0].path}: no coverage in {len(chosen)} genes of {files.annotation}, nor in "
            f"those of {len(tried) - 1} other tracks; expected coverage of RNA. Give the "
            "annotation of the genome, and whole files."
        )
    notes = [
        f"{name}: values below 0 count as a minus strand (column negative)"
        for name in table.filter(negative="flip")["identifier"]
    ]
    return one_digit(float(np.median([value for value in found if value]))), notes


def _scale_of(
    track: BigWig, identifier: str, chosen: Sequence[tuple[Gene, Regions]], bin_size_bp: int
) -> float | None:
    """The scale of a track by genes of its strand: the others have little coverage."""
    strands = [identifier[-1]] if identifier[-1] in OPPOSITE else [*OPPOSITE]
    own = [(gene, regions) for gene, regions in chosen if gene.strand in strands]
    lengths_bp = np.array([sum(end - start for start, end in regions) for _, regions in own])
    return suggested_scale(gene_sums(track, own), lengths_bp, bin_size_bp)
