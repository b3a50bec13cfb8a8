"""Datasets of the original, as TFRecord files.

A dataset is a folder with ``statistics.json``, ``targets.txt``, ``sequences.bed`` and
``tfrecords/<part>-<number>.tfr``. A record has two features of bytes: ``sequence``, uint8, 0..3 for
A C G T, else 4, and ``target``, float16, (bins, tracks). Written by baskerville ``hound_data.py``
and ``hound_data_write.py`` at 544073b.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.progress import progress
from seqcast.core.text_files import read_cells
from seqcast.datasets.coverage.target_store_writing import create_store, windows_a_shard
from seqcast.datasets.coverage.target_windows import check_windows, read_windows
from seqcast.datasets.coverage.tfrecord_files import read_example, read_records
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry
from seqcast.genome.sequence import base_codes

LARGEST_OTHER = 0.01  # fraction of bases; published sets are of hg38 with common alleles put in

Record = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Statistics:
    """What ``statistics.json`` says of the records.

    Attributes
    ----------
    tracks : int
        Of each record, whatever part of them the targets table names.
    geometry : Geometry
    records : dict
        Part to the number of its windows, before unmappable ones were left out.
    """

    tracks: int
    geometry: Geometry
    records: Mapping[str, int]

    @classmethod
    def read(cls, path: str | Path) -> "Statistics":
        """Read the file.

        Raises
        ------
        InputError
            If it is missing or no JSON, lacks a number, or its lengths contradict each other; if
            sequences are not stored as index (``seq_1hot``).
        """
        names = ("num_targets", "seq_length", "pool_width", "crop_bp", "target_length")
        try:
            facts: dict[str, Any] = json.loads(Path(path).read_text())
            tracks, length_bp, bin_bp, crop_bp, bins = (int(facts[name]) for name in names)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}: {error}; expected the statistics.json of a dataset, with the numbers "
                f"{', '.join(names)}. Download the whole folder of the dataset."
            ) from error
        if not facts.get("seq_1hot", False):
            raise InputError(
                f"{path}: seq_1hot is not true; expected sequences stored as one number per base. "
                "Write the dataset with a hound_data that does."
            )
        fits = min(tracks, length_bp, bin_bp, bins) > 0 <= crop_bp and crop_bp % bin_bp == 0
        if not fits or length_bp - 2 * crop_bp != bins * bin_bp:
            raise InputError(
                f"{path}: target_length {bins} of pool_width {bin_bp} and 2 x crop_bp {crop_bp} "
                f"make {bins * bin_bp + 2 * crop_bp}, seq_length is {length_bp}; expected the "
                "same, the crop a number of whole bins. Use the file that belongs to the records."
            )
        counts = {key.removesuffix("_seqs"): int(n) for key, n in facts.items()
                  if key.endswith("_seqs")}  # fmt: skip
        return cls(tracks, Geometry(length_bp, bin_bp, crop_bp // bin_bp), counts)


def read_tfrecords(folder: str | Path, part: str) -> Iterator[Record]:
    """The records of one part of a dataset, one at a time.

    Parameters
    ----------
    folder : path
        Of the dataset.
    part : str
        Such as ``fold0`` or ``train``.

    Yields
    ------
    codes : ndarray of uint8, shape=(window_length_bp,)
    targets : ndarray of float16, shape=(tracks, bins)
        The bits of the file; in the order of the part's rows in sequences.bed.

    Raises
    ------
    InputError
        If the part has no file; a file is cut off or damaged; or a record has other features, or
        of other sizes, than the statistics say.
    """
    folder = Path(folder)
    statistics = Statistics.read(folder / "statistics.json")
    shape = (statistics.geometry.bins, statistics.tracks)
    sizes = {"sequence": statistics.geometry.length_bp, "target": 2 * shape[0] * shape[1]}
    for path in _files(folder, part):
        for number, record in enumerate(read_records(path)):
            features = read_example(record, f"{path}, record {number}")
            found = {name: len(features.get(name, b"")) for name in sizes}
            if found != sizes:
                raise InputError(
                    f"{path}, record {number}: bytes of features {found}; expected {sizes} by "
                    f"{folder / 'statistics.json'}. Use the statistics of these records."
                )
            codes = np.frombuffer(features["sequence"], dtype=np.uint8)
            if codes.max() > 4:
                raise InputError(f"{path}, record {number}: base {codes.max()}; expected 0 to 4, "
                                 "one number per base. Download the file again.")  # fmt: skip
            targets = np.frombuffer(features["target"], dtype="<f2").reshape(shape)
            yield codes, np.ascontiguousarray(targets.T)


def convert_tfrecords(
    folder: str | Path,
    path: str | Path,
    assembly: str,
    *,
    genome: Genome | None = None,
    targets: str | Path | None = None,
    parts: Sequence[str] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write a dataset as a training store, values unchanged.

    Parameters
    ----------
    folder : path
        Of the dataset.
    path : path
        Of the store (``.zarr``).
    assembly : str
        Name of the genome.
    genome : Genome, optional
        The sequences must be its own, but for 1 % of bases.
    targets : path, optional
        A targets table whose first column says which tracks of the records to take; by default
        ``targets.txt`` of the folder.
    parts : sequence of str, optional
        Those to take, by default all of sequences.bed; windows keep the order that they have there.
    provenance : mapping, optional
        JSON-serialisable facts.

    Raises
    ------
    InputError
        As `read_tfrecords`; if there are more or fewer records than windows; or the windows or the
        targets table do not fit.
    """
    folder = Path(folder)
    statistics = Statistics.read(folder / "statistics.json")
    geometry = statistics.geometry
    tracks, columns = _read_tracks(targets or folder / "targets.txt", statistics.tracks)
    bed = folder / "sequences.bed"
    windows = read_windows(bed, genome)
    ends = dict(windows.group_by("chrom").agg(pl.max("end")).iter_rows())
    check_windows(windows, genome.contigs if genome else ends, bed, crop_bp=geometry.crop_bp)
    present = windows["part"].unique(maintain_order=True).to_list()
    if lost := set(parts or present) - set(present):
        raise InputError(f"{bed} has no part {min(lost)!r}; its parts are {', '.join(present)}")
    taken = [part for part in present if part in (parts or present)]
    for part in taken:
        _check_count(folder, part, windows.filter(part=part).height, statistics)
    # records lie by part, so windows of the store do too
    windows = pl.concat([windows.filter(part=part) for part in taken])
    size = windows_a_shard(geometry, tracks.height)
    records = progress(windows.height, "window")(_checked(folder, windows, taken, genome, geometry))
    with create_store(path, windows, tracks, geometry, assembly, provenance) as append:
        while block := list(islice(records, size)):
            append(np.stack([codes for codes, _ in block]),
                   np.stack([values[columns] for _, values in block]))  # fmt: skip


def _files(folder: Path, part: str) -> list[Path]:
    """Files of a part by their number; one that is left out between two stops."""
    paths = {int(path.stem.removeprefix(f"{part}-")): path
             for path in (folder / "tfrecords").glob(f"{part}-*.tfr")
             if path.stem.removeprefix(f"{part}-").isdigit()}  # fmt: skip
    missing = min(set(range(max(paths, default=0) + 1)) - set(paths), default=None)
    if missing is not None:
        name = folder / "tfrecords" / f"{part}-{missing}.tfr"
        raise InputError(f"{name} does not exist; expected all of part {part}. Download it.")
    return [paths[number] for number in sorted(paths)]


def _read_tracks(path: str | Path, of_records: int) -> tuple[pl.DataFrame, list[int]]:
    """The targets table as text, and which tracks of the records its rows are."""
    try:
        tracks = read_cells(path, "a table of tracks")
        columns = tracks.to_series(0).cast(pl.Int64).to_list()
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{path} cannot be read ({error}); expected a targets table, its first column a number"
        ) from error
    bad = [column for column in columns if column is None or not 0 <= column < of_records]
    if bad or not columns:
        raise InputError(
            f"{path} names track {bad[0] if bad else 'none'}; expected 0 to {of_records - 1}, as "
            "num_targets of statistics.json says. Give the targets table of these records."
        )
    said = tracks["norm_factor"].to_list() if "norm_factor" in tracks.columns else []
    if factors := [cell for cell in said if cell not in (None, "", "1", "1.0")]:
        raise InputError(
            f"{path} has norm_factor {factors[0]}; expected none, as the targets of records are "
            "made. Leave the column out, or make the set from bigWig files."
        )
    return tracks, columns


def _check_count(folder: Path, part: str, rows: int, statistics: Statistics) -> None:
    """Refuse more windows than the statistics; fewer are those without unmappable ones."""
    if rows > (said := statistics.records.get(part, 0)):
        raise InputError(
            f"{folder}: statistics.json says {said} of part {part}, sequences.bed has {rows}; "
            "expected no more. Use the files of one dataset."
        )


def _checked(
    folder: Path, windows: pl.DataFrame, parts: Sequence[str], genome: Genome | None,
    geometry: Geometry,
) -> Iterator[Record]:  # fmt: skip
    """Records of some parts, a window each, their sequences held against the genome."""
    for part in parts:
        places = windows.filter(part=part).select("chrom", "start", "end").rows()
        number = 0
        for number, (codes, targets) in enumerate(read_tfrecords(folder, part), start=1):
            if number > len(places):
                break
            if genome is not None:
                _check_sequence(codes, genome, places[number - 1], geometry.crop_bp, folder)
            yield codes, targets
        if number != len(places):
            more = "more" if number > len(places) else f"{number}"
            raise InputError(
                f"{folder}: part {part} has {more} records for {len(places)} rows of sequences.bed"
                "; expected one each. Download the whole dataset."
            )


def _check_sequence(
    codes: np.ndarray, genome: Genome, place: tuple[str, int, int], crop_bp: int, folder: Path
) -> None:
    chrom, start, end = place
    own = base_codes(genome.fetch(chrom, start - crop_bp, end + crop_bp))
    if (other := np.mean(own != codes)) > LARGEST_OTHER:
        raise InputError(
            f"{folder}: {other:.1%} of the bases at {chrom}:{start}-{end} are not those of "
            f"{genome.fasta}; expected {LARGEST_OTHER:.0%} at most. Give the FASTA of "
            "this assembly, and sequences.bed in its own order."
        )
