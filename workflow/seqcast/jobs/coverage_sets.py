"""Make what coverage models are trained on: windows of a genome, and the targets in them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.errors import InputError
from seqcast.genome import Genome
from seqcast.intervals import Geometry, read_bed
from seqcast.store import write_tsv
from seqcast.targets.bigwig import BigWig, targets_of_windows
from seqcast.targets.blocks import unknown_stretches
from seqcast.targets.pooling import masked_by_contig
from seqcast.targets.store import TargetsOf, write_store
from seqcast.targets.tfrecords import convert_tfrecords
from seqcast.targets.track_files import track_path
from seqcast.targets.transform import TargetTransform
from seqcast.targets.windows import check_windows, make_windows, read_windows
from seqcast.tracks import Tracks

LEAST_GAP_BP = 1000  # shorter runs of N are part of windows
OPTIONS = ("window_bp", "bin_bp", "crop_bins", "stride_bp", "folds", "fixed")


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


def prepare_windows(
    files: Any, output: str | Path, options: Mapping[str, Any], aliases: str | None
) -> None:
    """Write the windows of a coverage set with their parts: those of a BED, or made.

    Parameters
    ----------
    files : namespace
        ``genome``; ``windows``, a published sequences.bed; ``unmappable``, a BED of what windows
        should not be of (made windows only).
    output : path
        TSV without header: chrom, start, end (of the targets), part.
    options : mapping
        ``window_bp``, ``bin_bp``, ``crop_bins``; for made windows ``stride_bp`` (0: no overlap),
        ``folds``, ``fixed`` (contig=part, between commas) and ``seed``.
    aliases : path or None
        Other names of contigs.

    Raises
    ------
    InputError
        See `make_windows`, `read_windows` and `check_windows`.
    """
    geometry = geometry_of_set(options)
    with Genome(files.genome, aliases) as genome:
        given = getattr(files, "windows", None)
        if given:
            windows = read_windows(given, genome)
            check_windows(windows, genome.contigs, given, crop_bp=geometry.crop_bp)
        else:
            unmappable = getattr(files, "unmappable", None)
            windows = make_windows(
                genome.contigs, geometry.bins * geometry.bin_size_bp, int(options["folds"]),
                stride_bp=int(options["stride_bp"]) or None, crop_bp=geometry.crop_bp,
                gaps=unknown_stretches(genome, LEAST_GAP_BP),
                unmappable=read_bed(unmappable) if unmappable else None,
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
        raise InputError(f"fixed has {'='.join(bad[0])!r}; expected contig=part between commas")
    return {contig.strip(): part.strip() for contig, part in pairs}


def store_targets(
    files: Any, output: str | Path, assembly: str, options: Mapping[str, Any],
    facts: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Write the store of a coverage set from bigWig files.

    Parameters
    ----------
    files : namespace
        ``genome``, ``windows`` (of `prepare_windows`), ``targets`` (a targets table; its column
        ``file`` names bigWig files, see `track_path`), ``blacklist`` (BED).
    output : path
        The store.
    assembly : str
    options : mapping
        As of `prepare_windows`, and ``compat`` (see `seqcast.targets.pooling.Pooling`).
    facts : mapping
        Provenance.
    threads : int

    Raises
    ------
    InputError
        If a table or a track is unfit; see `BigWig`.
    """
    geometry = geometry_of_set(options)
    Tracks.read(files.targets)  # its checks
    table = pl.read_csv(files.targets, separator="\t", infer_schema=False, quote_char=None)
    blacklist = getattr(files, "blacklist", None)
    masked = masked_by_contig(read_bed(blacklist)) if blacklist else None
    with Genome(files.genome) as genome:
        windows = read_windows(files.windows, genome)
        wanted = {name: genome.contigs[name] for name in windows["chrom"].unique()}
        targets = targets_of_tracks(table, files.targets, wanted, geometry.bin_size_bp, masked,
                                    options.get("compat") or None)  # fmt: skip
        write_store(output, genome, windows, table, targets, geometry, assembly=assembly,
                    provenance=facts, threads=threads)  # fmt: skip


def targets_of_tracks(
    table: pl.DataFrame, path: str | Path, contigs: Mapping[str, int], bin_size_bp: int,
    masked: Mapping[str, Any] | None, compat: str | None,
) -> TargetsOf:  # fmt: skip
    """How `write_store` gets the targets of a track: its bigWig file, open from now on.

    Parameters
    ----------
    table : DataFrame
        Targets table as text.
    path : path
        Where it is.
    contigs : mapping of str to int
        Contigs that have windows, and their lengths in bp.
    bin_size_bp : int
    masked, compat : see `targets_of_windows`

    Raises
    ------
    InputError
        If a cell is no number, or a bigWig is missing, of another assembly or no coverage.
    """
    if "file" not in table.columns:
        raise InputError(f"{path}: no column file; expected the bigWig of each track in it")
    tracks, transforms = [], []
    for row in table.iter_rows(named=True):
        if not row["file"]:
            raise InputError(
                f"{path}: {row['identifier']} has no file; expected the bigWig of each track. "
                "Name one, or leave the row out."
            )
        track = BigWig(track_path(path, row["file"]))
        track.check(contigs, absent_is_zero=True)
        tracks.append(track)
        transforms.append(transform_of(row, path))
    return lambda number, windows: targets_of_windows(
        tracks[number], windows, transforms[number], bin_size_bp, masked=masked, compat=compat
    )


def transform_of(row: Mapping[str, str | None], path: str | Path) -> TargetTransform:
    """The transform that a row of a targets table asks for; without a cell, no clip and scale 1.

    Raises
    ------
    InputError
        If a cell is no number.
    """
    try:
        clip, clip_soft, scale = (
            float(cell) if (cell := row.get(name)) else None
            for name in ("clip", "clip_soft", "scale")
        )
    except ValueError as error:
        raise InputError(
            f"{path}: {row['identifier']}: {error}; expected numbers as clip, clip_soft and scale"
        ) from error
    return TargetTransform(row["sum_stat"] or "", 1.0 if scale is None else scale, clip, clip_soft)


def store_tfrecords(
    files: Any, output: str | Path, folder: str | Path, assembly: str, facts: Mapping[str, Any]
) -> None:
    """Write the store of a coverage set from a published data set of TFRecords.

    Parameters
    ----------
    files : namespace
        ``genome``, ``targets`` (the tracks to take).
    output : path
        The store.
    folder : path
        Of the data set: statistics.json, sequences.bed, tfrecords/.
    assembly : str
    facts : mapping
        Provenance.

    Raises
    ------
    InputError
        See `convert_tfrecords`.
    """
    with Genome(files.genome) as genome:
        convert_tfrecords(
            folder, output, assembly, genome=genome, targets=files.targets, provenance=facts
        )
