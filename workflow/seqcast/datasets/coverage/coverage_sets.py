"""Make what coverage models are trained on: windows of a genome, and the targets in them."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, write_tsv
from seqcast.core.text_files import read_cells
from seqcast.datasets.coverage.bigwig import BigWig, targets_of_windows
from seqcast.datasets.coverage.contig_blocks import (
    merged_intervals,
    read_intervals,
    unknown_stretches,
)
from seqcast.datasets.coverage.target_store import CoverageStore, TargetsOf, write_store
from seqcast.datasets.coverage.target_windows import check_windows, make_windows, read_windows
from seqcast.datasets.coverage.tfrecords import convert_tfrecords
from seqcast.datasets.coverage.transform import TargetTransform
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import CONTIGS_TOLD, Geometry
from seqcast.genome.tracks import Tracks, track_path

logger = logging.getLogger(__name__)

LEAST_GAP_BP = 1000  # shorter runs of N are part of windows
LARGEST_ABSENT_SHARE = 0.5  # of the windows, on contigs that a track lacks


def geometry_of_set(options: Mapping[str, Any]) -> Geometry:
    """Input, bins and crop of the models that a set is for.

    Raises
    ------
    InputError
        If bins do not divide the window, or the crop leaves none.
    """
    geometry = Geometry(*(int(options[name]) for name in ("window_bp", "bin_bp", "crop_bins")))
    if geometry.length_bp % geometry.bin_size_bp or geometry.bins < 1:
        raise InputError(
            f"window_bp {geometry.length_bp} with bin_bp {geometry.bin_size_bp} and crop_bins "
            f"{geometry.crop_bins}; expected whole bins, and some left by the crop"
        )
    return geometry


class WindowFiles(NamedTuple):
    """What windows are cut from, or taken from.

    Attributes
    ----------
    genome : path
    windows : path, optional
        A published sequences.bed.
    unmappable : path, optional
        BED of what windows should not be of (made windows only).
    aliases : path, optional
        Other names of contigs.
    """

    genome: str | Path
    windows: str | Path | None = None
    unmappable: str | Path | None = None
    aliases: str | Path | None = None


class SetFiles(NamedTuple):
    """What a training dataset is made from.

    Attributes
    ----------
    genome : path
    windows : path
        Of `prepare_windows`.
    targets : path
        A targets table; its column ``file`` names bigWig files, see `track_path`.
    blacklist : path, optional
        BED.
    aliases : path, optional
        Other names of contigs, for the blacklist.
    """

    genome: str | Path
    windows: str | Path
    targets: str | Path
    blacklist: str | Path | None = None
    aliases: str | Path | None = None


def prepare_windows(files: WindowFiles, output: str | Path, options: Mapping[str, Any]) -> None:
    """Write the windows of a training dataset with their parts: those of a BED, or made.

    Parameters
    ----------
    files : WindowFiles
    output : path
        TSV without header: chrom, start, end (of the targets), part.
    options : mapping
        ``window_bp``, ``bin_bp``, ``crop_bins``; for made windows ``stride_bp`` (0: no overlap),
        ``folds``, ``fixed`` (contig=part, comma-separated) and ``seed``.

    Raises
    ------
    InputError
        See `make_windows`, `read_windows` and `check_windows`.
    """
    geometry = geometry_of_set(options)
    unmappable = files.unmappable
    with Genome(files.genome, files.aliases) as genome:
        if files.windows:
            windows = read_windows(files.windows, genome)
            check_windows(windows, genome.contigs, files.windows, crop_bp=geometry.crop_bp)
        else:
            windows = make_windows(
                genome.contigs, geometry.bins * geometry.bin_size_bp, int(options["folds"]),
                stride_bp=int(options["stride_bp"]) or None, crop_bp=geometry.crop_bp,
                gaps=unknown_stretches(genome, LEAST_GAP_BP),
                unmappable=read_intervals(unmappable, genome) if unmappable else None,
                fixed=fixed_parts(options["fixed"]), seed=options["seed"],
            )  # fmt: skip
    write_tsv(windows, output, header=False)


def fixed_parts(text: str) -> dict[str, str]:
    """Parts of whole contigs: ``chr8=test,chr9=test``.

    Raises
    ------
    InputError
        If it is something else.
    """
    pairs = [pair.strip().split("=") for pair in text.split(",") if pair.strip()]
    if bad := [pair for pair in pairs if len(pair) != 2]:
        raise InputError(f"fixed has {'='.join(bad[0])!r}; expected comma-separated contig=part")
    return {contig.strip(): part.strip() for contig, part in pairs}


def store_targets(
    files: SetFiles, output: str | Path, assembly: str, options: Mapping[str, Any],
    facts: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Write the store of a training dataset from bigWig files.

    Parameters
    ----------
    files : SetFiles
    output : path
        The store.
    assembly : str
    options : mapping
        As of `prepare_windows`, and ``compat`` and ``interpolate`` of
        `seqcast.datasets.coverage.target_bins.Pooling`.
    facts : mapping
        Provenance.
    threads : int

    Raises
    ------
    InputError
        If a table, the blacklist or a track is unfit; see `merged_intervals` and `BigWig`.
    """
    geometry = geometry_of_set(options)
    Tracks.read(files.targets)  # its checks
    table = read_cells(files.targets, "a table of tracks")
    blacklist = files.blacklist
    with Genome(files.genome, files.aliases) as genome:
        windows = read_windows(files.windows, genome)
        masked = merged_intervals(
            read_intervals(blacklist, genome) if blacklist else None, genome.contigs, str(blacklist)
        )
        tracks = open_tracks(table, files.targets, windows, genome.contigs)
        targets = targets_of_tracks(table, files.targets, tracks, geometry.bin_size_bp, masked,
                                    options.get("compat") or None,
                                    bool(options.get("interpolate")))  # fmt: skip
        write_store(output, genome, windows, table, targets, geometry, assembly=assembly,
                    provenance=facts, threads=threads)  # fmt: skip


def open_tracks(
    table: pl.DataFrame, path: str | Path, windows: pl.DataFrame, contig_lengths: Mapping[str, int]
) -> list[BigWig]:
    """The bigWig file of each row of a targets table, checked against the windows of a set.

    Parameters
    ----------
    table : DataFrame
        Targets table as text; column ``negative`` is that of `BigWig`, empty for ``error``.
    path : path
        Where it is.
    windows : DataFrame
        `seqcast.datasets.coverage.target_windows.WINDOWS`.
    contig_lengths : mapping of str to int
        bp, of the genome.

    Raises
    ------
    InputError
        If a bigWig is missing, of another assembly, no coverage, or lacks the contigs of more than
        half of the windows.
    """
    if "file" not in table.columns:
        raise InputError(f"{path}: no column file; expected the bigWig of each track in it")
    counts: dict[str, int] = dict(windows["chrom"].value_counts().iter_rows())
    wanted = {name: contig_lengths[name] for name in counts}
    tracks = []
    for row in table.iter_rows(named=True):
        if not row["file"]:
            raise InputError(
                f"{path}: {row['identifier']} has no file; expected the bigWig of each track. "
                "Name one, or leave the row out."
            )
        track = BigWig(track_path(path, row["file"]), row.get("negative") or "error")
        check_absent(track.check(wanted), counts, f"{row['identifier']} ({track.path})")
        tracks.append(track)
    return tracks


def check_absent(absent: Sequence[str], counts: Mapping[str, int], track: str) -> None:
    """Say that a track has no data on some contigs, or stop where that is most of the windows.

    Parameters
    ----------
    absent : sequence of str
        Contigs that its file lacks.
    counts : mapping of str to int
        Windows of each contig.
    track : str
        For messages.
    """
    if not absent:
        return
    share = sum(counts[name] for name in absent) / sum(counts.values())
    found = f"{track} lacks {len(absent)} of {len(counts)} contigs that have windows"
    told = ", ".join(sorted(absent)[:CONTIGS_TOLD]) + ", ..." * (len(absent) > CONTIGS_TOLD)
    if share > LARGEST_ABSENT_SHARE:
        raise InputError(
            f"{found} ({told}), and with them {share:.0%} of the windows; expected half of the "
            "windows or less. Give a bigWig of the whole genome, or windows where it has data."
        )
    logger.warning("%s (%s); its coverage counts as 0 there, in %.2g%% of the windows",
                   found, told, 100 * share)  # fmt: skip


def targets_of_tracks(
    table: pl.DataFrame, path: str | Path, tracks: Sequence[BigWig], bin_size_bp: int,
    masked: Mapping[str, Any], compat: str | None, interpolate: bool = False,
) -> TargetsOf:  # fmt: skip
    """How `write_store` gets the targets of a track.

    Parameters
    ----------
    table : DataFrame
        Targets table as text.
    path : path
        Where it is.
    tracks : sequence of BigWig
        Of `open_tracks`.
    bin_size_bp : int
    masked, compat, interpolate : see `targets_of_windows`

    Raises
    ------
    InputError
        If a cell is no number.
    """
    transforms = [transform_of(row, path) for row in table.iter_rows(named=True)]
    return lambda number, windows: targets_of_windows(
        tracks[number], windows, transforms[number], bin_size_bp, masked=masked, compat=compat,
        interpolate=interpolate,
    )  # fmt: skip


def transform_of(row: Mapping[str, str | None], path: str | Path) -> TargetTransform:
    """The transform that a row of a targets table asks for; without a cell, no clip and factor 1.

    Coverage is multiplied by ``scale`` and by ``norm_factor``.

    Raises
    ------
    InputError
        Naming table and track, if a cell is no number, or the transform is impossible.
    """
    where = f"{path}: {row['identifier']}"
    names = ("clip", "clip_soft", "scale", "norm_factor")
    try:
        clip, clip_soft, *factors = (
            float(cell) if (cell := row.get(name)) else None for name in names
        )
    except ValueError as error:
        raise InputError(f"{where}: {error}; expected numbers as {', '.join(names)}") from error
    scale, norm_factor = (1.0 if factor is None else factor for factor in factors)
    try:
        return TargetTransform(row["sum_stat"] or "", scale * norm_factor, clip, clip_soft)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def store_tfrecords(
    genome: str | Path, targets: str | Path, output: str | Path, folder: str | Path,
    assembly: str, facts: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write the store of a training dataset from a published dataset of TFRecords.

    Parameters
    ----------
    genome : path
        FASTA.
    targets : path
        The tracks to take.
    output : path
        The store.
    folder : path
        Of the dataset: statistics.json, sequences.bed, tfrecords/.
    assembly : str
    facts : mapping
        Provenance.

    Raises
    ------
    InputError
        See `convert_tfrecords`.
    """
    with Genome(genome) as opened:
        convert_tfrecords(
            folder, output, assembly, genome=opened, targets=targets, provenance=facts
        )


def write_digest(store: str | Path, path: str | Path) -> None:
    """Write what a store holds as a line of text, the digest of its windows and targets."""
    with atomic(path) as temporary:
        temporary.write_text(f"{CoverageStore.open(store).digest}\n", encoding="utf-8")
