"""Predicted coverage on disk: one zarr file a model and fold, and bigWig files for genome browsers.

A store is a zarr (version 3) group in one zip file: object stores and network file systems want few
files, a workflow a file it can time and move, and a rename makes one file appear whole. To open it
without this package: ``zarr.open_group(zarr.storage.ZipStore(path, mode="r"), mode="r")``.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pybigtools

from seqcast.core.errors import InputError
from seqcast.core.provenance import same_weights
from seqcast.core.store import atomic
from seqcast.core.zarr_files import StoredArray, create_array, create_group, open_group

logger = logging.getLogger(__name__)

WINDOW_COLUMNS = ("contig", "start", "end")
TRACK_COLUMNS = ("identifier", "description", "units")


@dataclass(frozen=True)
class Coverage:
    """An open store; values are read from disk as they are indexed.

    Attributes
    ----------
    values : StoredArray, shape=(windows, tracks, bins), float32
        ``values[i]`` is a window, ``values[i, j]`` one of its tracks, read alone.
    windows : pl.DataFrame
        ``contig``, ``start``, ``end``: 0-based half-open, the interval that the bins cover.
    tracks : pl.DataFrame
        ``identifier`` and, where given, ``description`` and ``units``.
    provenance : dict
    """

    values: StoredArray
    windows: pl.DataFrame
    tracks: pl.DataFrame
    provenance: dict[str, Any]


@contextmanager
def create_coverage_store(
    path: str | Path,
    windows: pl.DataFrame,
    tracks: pl.DataFrame,
    bins: int,
    provenance: Mapping[str, Any],
) -> Iterator[Callable[[np.ndarray], None]]:
    """Write coverage window by window, in memory of one window.

    Parameters
    ----------
    path : path
        The zip file (``.zarr``), written atomically.
    windows : DataFrame
        ``contig``, ``start``, ``end`` of the bins (0-based half-open; the model's input less its
        crop). May reach beyond a contig at both ends.
    tracks : DataFrame
        ``identifier`` of each track; ``description`` and ``units`` are kept too.
    bins : int
        Bins of a window; their size is (end - start) / bins.
    provenance : mapping
        JSON-serialisable facts about the run.

    Yields
    ------
    callable
        Takes the coverage of the next window, shape (tracks, bins), in the order of ``windows``.

    Raises
    ------
    InputError
        If there are no windows or tracks, or a window is not a whole number of bp a bin.
    ValueError
        If a window has another shape, or fewer or more of them come than were announced.

    Notes
    -----
    A window is a shard (one entry of the zip) of one chunk per track, so that a track can be read
    alone: of 353 tracks x 12,288 bins, a track takes 2 ms and a window 0.1 s.
    """
    _check_windows(windows, bins)
    shape = (windows.height, tracks.height, bins)
    with create_group(path, provenance) as group:
        for frame, names in ((windows, WINDOW_COLUMNS), (tracks, TRACK_COLUMNS)):
            for name in names:
                if name in frame.columns:
                    group.create_array(name, data=_column(frame[name]))
        values = create_array(
            group, "coverage", shape, (1, 1, bins), (1, tracks.height, bins),
            ("window", "track", "bin"),
        )  # fmt: skip
        written = 0

        def append(window: np.ndarray) -> None:
            nonlocal written
            if written == shape[0] or window.shape != shape[1:]:
                raise ValueError(f"window {written} of shape {window.shape}; the store is {shape}")
            values[written] = window
            written += 1

        yield append
        if written != shape[0]:
            raise ValueError(f"{written} of {shape[0]} windows were written to {path}")


@contextmanager
def read_coverage(path: str | Path) -> Iterator[Coverage]:
    """Open a store for reading; its values stay on disk.

    Raises
    ------
    InputError
        If the file is missing or damaged, or was not written by `create_coverage_store`. Values
        that are damaged are told when they are read.
    """
    with open_group(path, "a coverage file", ["coverage", *WINDOW_COLUMNS]) as (arrays, provenance):
        yield Coverage(
            arrays["coverage"], _frame(arrays, WINDOW_COLUMNS), _frame(arrays, TRACK_COLUMNS),
            provenance,
        )  # fmt: skip


def average_coverage(
    paths: Sequence[str | Path], path: str | Path, provenance: Mapping[str, Any] | None = None
) -> None:
    """Write the mean over folds, window by window (summed in float64).

    Parameters
    ----------
    paths : sequence of path
        Stores of the same windows and tracks.
    path : path
        The store to write, atomically.
    provenance : mapping, optional
        Facts about the ensemble; those of each store are added under ``mean_of``, and
        ``same_weights`` where folds have the same.

    Raises
    ------
    InputError
        If there is no store to average, or windows, tracks or bins differ.
    """
    if not paths:
        raise InputError("no coverage files to average; expected one per fold. List them.")
    with ExitStack() as stack:
        folds = [stack.enter_context(read_coverage(fold)) for fold in paths]
        first = folds[0]
        for name, fold in zip(paths[1:], folds[1:], strict=True):
            _check_same(paths[0], first, name, fold)
        facts = {**(provenance or {}), "mean_of": [fold.provenance for fold in folds]}
        if repeated := same_weights(facts["mean_of"]):
            facts["same_weights"] = repeated
            logger.warning("%s have the same weights: no ensemble", "; ".join(repeated))
        n_windows, _, bins = first.values.shape
        append = stack.enter_context(
            create_coverage_store(path, first.windows, first.tracks, bins, facts)
        )
        for i in range(n_windows):
            total = np.zeros(first.values.shape[1:])
            for fold in folds:
                total += fold.values[i]
            append((total / len(folds)).astype(np.float32))


def write_bigwigs(
    coverage_path: str | Path,
    contig_lengths: Mapping[str, int],
    folder: str | Path,
    tracks: Sequence[str] | None = None,
) -> list[Path]:
    """Write one bigWig a track.

    Windows are taken by contig and start. Where they overlap, the one that starts first counts, and
    a bin that is half covered by it is cut; bins beyond either end of a contig are cut or left
    out; what no window covers has no value.

    Parameters
    ----------
    coverage_path : path
        A store, of one fold or an ensemble.
    contig_lengths : mapping of str to int
        Length of each contig in bp, such as `Genome.contigs`.
    folder : path
        Where the files go, each written atomically.
    tracks : sequence of str, optional
        Identifiers of the tracks to write; all by default.

    Returns
    -------
    list of Path
        One file per track, in the order of the store. Its name is the identifier with all but
        A-Z, a-z, digits and ``._+-`` replaced by ``_``, and the number of the track added where
        two would be the same.

    Raises
    ------
    InputError
        If a track or contig is unknown, or no window lies on a contig.
    """
    with read_coverage(coverage_path) as coverage:
        identifiers = coverage.tracks["identifier"].to_list()
        wanted = identifiers if tracks is None else list(tracks)
        if unknown := [track for track in wanted if track not in identifiers]:
            raise InputError(
                f"{coverage_path} has no tracks {unknown[:3]}; it has {len(identifiers)}, such as "
                f"{identifiers[:3]}. Name tracks by their identifiers."
            )
        lengths = {name: contig_lengths[name] for name in _contigs(coverage, contig_lengths)}
        pieces = _pieces(coverage.windows, lengths)
        if not pieces:
            raise InputError(
                f"no window of {coverage_path} lies on a contig; expected windows and contig "
                "lengths of one assembly. Give the FASTA of the windows."
            )
        files = []
        for j, name in enumerate(_file_names(identifiers)):
            if identifiers[j] in wanted:
                files.append(Path(folder) / name)
                with atomic(files[-1]) as temporary:
                    writer = pybigtools.open(str(temporary), "w")
                    writer.write(lengths, _intervals(coverage.values, j, pieces))
        return files


def _check_windows(windows: pl.DataFrame, bins: int) -> None:
    """Refuse windows whose bins would not be whole."""
    if windows.is_empty():
        raise InputError("no windows to write coverage of; expected at least one. Check the table.")
    length = pl.col("end") - pl.col("start")
    bad = windows.filter((length <= 0) | (length % bins != 0))
    if not bad.is_empty():
        contig, start, end = bad.select(WINDOW_COLUMNS).row(0)
        raise InputError(
            f"window {contig}:{start}-{end} has {end - start} bp; expected a multiple of its "
            f"{bins} bins. Give the interval that the bins cover, without the crop."
        )


def _check_same(path: str | Path, first: Coverage, other_path: str | Path, other: Coverage) -> None:
    """Refuse to average stores of different things."""
    same = {
        "windows": first.windows.equals(other.windows),
        "tracks": first.tracks.equals(other.tracks),
        "bins": first.values.shape == other.values.shape,
    }
    if different := [name for name, equal in same.items() if not equal]:
        raise InputError(
            f"{other_path} and {path} differ in their {' and '.join(different)}; expected folds of "
            "one model on one set of windows. Predict them again with the same options."
        )


def _contigs(coverage: Coverage, contig_lengths: Mapping[str, int]) -> list[str]:
    """Contigs of the windows in the order that bigWig files have, by name."""
    contigs = sorted(coverage.windows["contig"].unique())
    if missing := [name for name in contigs if name not in contig_lengths]:
        raise InputError(
            f"contigs {missing[:3]} of the windows are not among the genome's "
            f"({list(contig_lengths)[:3]}); expected windows of this genome. Give its FASTA."
        )
    return contigs


class _Piece(NamedTuple):
    """The part ``[low, high)`` of a window that it alone gives values to."""

    window: int
    contig: str
    start: int
    end: int
    low: int
    high: int


def _pieces(windows: pl.DataFrame, lengths: Mapping[str, int]) -> list[_Piece]:
    """What each window contributes, by contig and start, none twice and none beyond a contig."""
    order = windows.with_row_index("window").sort("contig", "start", "window")
    pieces: list[_Piece] = []
    for window, contig, start, end in order.iter_rows():
        same = bool(pieces) and pieces[-1].contig == contig
        low = max(start, pieces[-1].high if same else 0)
        high = min(end, lengths[contig])
        if low < high:
            pieces.append(_Piece(window, contig, start, end, low, high))
    return pieces


def _intervals(
    values: StoredArray, track: int, pieces: Iterable[_Piece]
) -> Iterator[tuple[str, int, int, float]]:
    """One track as (contig, start, end, value), sorted and disjoint."""
    for piece in pieces:
        of_bins = values[piece.window, track]
        edges = np.linspace(piece.start, piece.end, len(of_bins) + 1, dtype=np.int64)
        edges = edges.clip(piece.low, piece.high)
        kept = np.flatnonzero(np.diff(edges))
        for start, end, value in zip(
            edges[kept].tolist(), edges[kept + 1].tolist(), of_bins[kept].tolist(), strict=True
        ):
            yield piece.contig, start, end, value


def _file_names(identifiers: Sequence[str]) -> list[str]:
    """A file name a track, safe on every file system and each different."""
    stems = [re.sub(r"[^A-Za-z0-9._+-]", "_", identifier) for identifier in identifiers]
    stems = [re.sub(r"^\.", "_", stem) for stem in stems]
    return [
        f"{stem}.bw" if stems.count(stem) == 1 else f"{stem}.track{j}.bw"
        for j, stem in enumerate(stems)
    ]


def _column(column: pl.Series) -> np.ndarray:
    """A column as zarr stores it: int64, or text of any length."""
    if column.dtype != pl.String:
        return column.cast(pl.Int64).to_numpy()
    return np.array(column.fill_null("").to_list(), dtype=np.dtypes.StringDType())


def _frame(arrays: Mapping[str, StoredArray], names: Iterable[str]) -> pl.DataFrame:
    """Those of the arrays that are there, as a table."""
    return pl.DataFrame({name: arrays[name][:].tolist() for name in names if name in arrays})
