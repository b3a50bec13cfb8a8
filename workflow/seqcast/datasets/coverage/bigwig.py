"""bigWig tracks: coverage per base, checked against the genome, and the targets of windows."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.bigwig_reader import BigWigReader
from seqcast.datasets.coverage.target_bins import Intervals, Pooling, Window, masked_columns
from seqcast.datasets.coverage.transform import TargetTransform

logger = logging.getLogger(__name__)

NEGATIVE = ("error", "zero", "flip")
BLOCK_BP = 1 << 20  # larger blocks leave the caches of a CPU, and took twice as long
BATCH_WINDOWS = 256


class BigWig(BigWigReader):
    """A bigWig file of coverage.

    A pickled one re-opens its file, as does a forked process.

    Parameters
    ----------
    path : path
        The file.
    negative : str
        What to do with values below 0, which coverage cannot have. ``error``; ``zero``: they
        count as 0, with one warning a file; ``flip``: all signs are turned, for a minus strand
        that is stored as negative numbers.

    Attributes
    ----------
    contigs : dict[str, int]
        Name -> length_bp. Many programs leave out contigs without data.

    Raises
    ------
    InputError
        If the file is missing, not a bigWig or broken.
    """

    def __init__(self, path: str | Path, negative: str = "error") -> None:
        if negative not in NEGATIVE:
            raise InputError(
                f"{path}: negative {negative!r}; expected one of {', '.join(NEGATIVE)}, in that "
                "column of the targets table"
            )
        super().__init__(path)
        self.negative = negative
        self._warned = False
        self._absent: set[str] = set()

    def check(self, genome_lengths: Mapping[str, int]) -> list[str]:
        """Stop if the track is not of this genome, or not coverage.

        Contigs that the file lacks have no data from now on: many programs leave out a contig
        without reads, such as chrY of a woman's sample.

        Parameters
        ----------
        genome_lengths : mapping of str to int
            Length in bp of the contigs that will be asked for: those with windows, rather than
            every scaffold of an assembly.

        Returns
        -------
        list of str
            The contigs that the file lacks.

        Raises
        ------
        InputError
            If the file shares no contig with the genome, or has one of another length (another
            assembly); if its summary has values below 0 and `negative` is "error".
        """
        shared = [name for name in genome_lengths if name in self.contigs]
        missing = [name for name in genome_lengths if name not in self.contigs]
        if missing and not shared:
            raise InputError(
                f"{self.path} has no contig {', '.join(missing[:3])}; it has "
                f"{', '.join(list(self.contigs)[:3])}, ...; expected those that are asked for. "
                "Use a file of the genome's assembly, with the contigs named as in its FASTA."
            )
        for name in shared:
            if self.contigs[name] != genome_lengths[name]:
                raise InputError(
                    f"{self.path} has {self.contigs[name]} bp of {name}, the genome has "
                    f"{genome_lengths[name]} bp; expected a track of the same assembly. Use the "
                    "genome that the reads were aligned to, or lift the track over."
                )
        self.contigs |= {name: genome_lengths[name] for name in missing}
        self._absent |= set(missing)
        if (least := self.least()) < 0 and self.negative == "error":
            raise self._negative(f"values down to {least:g}")
        return missing

    def values(self, chrom: str, start: int, end: int) -> np.ndarray:
        """Coverage per base.

        Parameters
        ----------
        chrom : str
            A name of `contigs`.
        start, end : int
            0-based half-open, inside the contig.

        Returns
        -------
        ndarray of float32, shape=(end - start,)
            NaN where the file has no data.

        Raises
        ------
        InputError
            If the interval does not lie on a contig of the file, a value is infinite, or below 0
            (by `negative`), or the file is broken there.
        """
        length_bp = self.contigs.get(chrom)
        if length_bp is None or not 0 <= start < end <= length_bp:
            raise InputError(
                f"{chrom}:{start}-{end} is not inside {self.path}, which has "
                f"{length_bp or 'no'} bp of {chrom!r}; expected 0 <= start < end inside a contig. "
                "Use windows of the same assembly that end within their contigs."
            )
        if chrom in self._absent:
            return np.full(end - start, np.nan, dtype=np.float32)
        return self._checked(self.read(chrom, start, end), chrom, start)

    def _checked(self, values: np.ndarray, chrom: str, start: int) -> np.ndarray:
        """Refuse what is no coverage, or fix its signs."""
        if self.negative == "flip":
            np.negative(values, out=values)
        least, most = np.fmin.reduce(values), np.fmax.reduce(values)  # NaN only where all are
        if most == np.inf or least == -np.inf:
            place = start + int(np.flatnonzero(np.isinf(values))[0])
            raise InputError(
                f"{self.path} has an infinite value at {chrom}:{place}; expected finite coverage. "
                "Make the file again."
            )
        if least < 0:
            below = values < 0
            if self.negative != "zero":
                place = start + int(np.flatnonzero(below)[0])
                found = f"{'above' if self.negative == 'flip' else 'below'} 0 at {chrom}:{place}"
                raise self._negative(f"{abs(values[place - start]):g} {found}")
            if not self._warned:
                logger.warning("%s has values below 0; they count as 0", self.path)
                self._warned = True
            values[below] = 0
        return values

    def _negative(self, found: str) -> InputError:
        return InputError(
            f"{self.path} has {found} (read with negative {self.negative!r}); expected coverage, "
            "all of one sign. In column negative of the targets table write flip for a minus "
            "strand stored as negative numbers, or zero to count values below 0 as 0; or give a "
            "track that is not a ratio or difference."
        )

    def __reduce__(self) -> tuple[Callable[..., "BigWig"], tuple[Path, str, dict[str, int]]]:
        absent = {name: self.contigs[name] for name in self._absent}
        return _reopen, (self.path, self.negative, absent)


def _reopen(path: Path, negative: str, absent: Mapping[str, int]) -> BigWig:
    """A BigWig as it was pickled."""
    track = BigWig(path, negative)
    track.contigs |= absent
    track._absent |= set(absent)
    return track


def window_targets(
    track: BigWig,
    chrom: str,
    start: int,
    end: int,
    transform: TargetTransform,
    bin_size_bp: int,
    crop_bp: int = 0,
    masked: Intervals = (),
    compat: str | None = None,
    interpolate: bool = False,
) -> np.ndarray:
    """Targets of one window.

    Parameters
    ----------
    track : BigWig
    chrom : str
    start, end : int
        The window with its crop: 0-based half-open, inside the contig.
    transform, bin_size_bp, crop_bp, compat, interpolate : see `target_bins.Pooling`
    masked : intervals, shape=(n, 2)
        0-based half-open on `chrom`, such as a blacklist; they may lie outside the window, and
        have a margin of 20 bp. What exceeds the window's median coverage there is cut.

    Returns
    -------
    ndarray of float16, shape=((end - start - 2 crop_bp) / bin_size_bp,)

    Raises
    ------
    InputError
        As `BigWig.values`; if the window is no whole number of bins; if `compat` is unknown.
    """
    pooling = Pooling(transform, bin_size_bp, crop_bp, interpolate, compat)
    pooling.check((chrom, start, end))
    return pooling.targets(track.values(chrom, start, end), masked_columns(masked, start, end))


def targets_of_windows(
    track: BigWig,
    windows: Iterable[Window],
    transform: TargetTransform,
    bin_size_bp: int,
    crop_bp: int = 0,
    masked: Mapping[str, Intervals] | None = None,
    compat: str | None = None,
    interpolate: bool = False,
    block_bp: int = BLOCK_BP,
) -> Iterator[np.ndarray]:
    """`window_targets` of many windows; bases that windows share are read and pooled once.

    Parameters
    ----------
    track : BigWig
    windows : iterable of (chrom, start, end)
        In any order; neighbours are found among 256 windows at a time.
    transform, bin_size_bp, crop_bp, compat, interpolate : see `target_bins.Pooling`
    masked : mapping of str to intervals, optional
        Contig -> masked intervals (`seqcast.datasets.coverage.contig_blocks.merged_intervals`).
    block_bp : int
        Most bases to read at once, unless a window is longer: the memory is 20 bytes per base.

    Yields
    ------
    ndarray of float16, shape=(bins,)
        A window each, in the order of `windows`.

    Raises
    ------
    InputError
        As `window_targets`.
    """
    pooling = Pooling(transform, bin_size_bp, crop_bp, interpolate, compat)
    stream = iter(windows)
    while batch := list(islice(stream, BATCH_WINDOWS)):
        for window in batch:
            pooling.check(window)
        done: dict[int, np.ndarray] = {}
        for chrom, low, high, members in _blocks(batch, block_bp):
            of_block = _BlockTargets(track.values(chrom, low, high), pooling)
            for i in members:
                _, start, end = batch[i]
                columns = masked_columns((masked or {}).get(chrom, ()), start, end)
                done[i] = of_block.window(start - low, end - low, columns)
        yield from (done[i] for i in range(len(batch)))


class _BlockTargets:
    """Targets of windows inside a stretch of a contig.

    Where nothing but the bases of a bin decides its target, the bins of the stretch are computed
    once and windows are slices of them. The median of a window needs the window itself, and so do
    lines across its gaps.
    """

    def __init__(self, values: np.ndarray, pooling: Pooling) -> None:
        self._values, self._pooling = values, pooling
        self._whole = replace(pooling, crop_bp=0)
        self._shared: dict[int, np.ndarray] = {}  # first column -> all whole bins from there on

    def _bins_from(self, first: int) -> np.ndarray:
        if first not in self._shared:
            stop = len(self._values) - (len(self._values) - first) % self._pooling.bin_size_bp
            self._shared[first] = self._whole.targets(self._values[first:stop])
        return self._shared[first]

    def window(self, low: int, high: int, masked: list[tuple[int, int]]) -> np.ndarray:
        """Targets of the columns low to high."""
        if masked or self._pooling.interpolate:
            return self._pooling.targets(self._values[low:high], masked)
        size, crop_bp = self._pooling.bin_size_bp, self._pooling.crop_bp
        skipped, first = divmod(low + crop_bp, size)
        bins = (high - low - 2 * crop_bp) // size
        return self._bins_from(first)[skipped : skipped + bins].copy()


def _blocks(batch: Sequence[Window], block_bp: int) -> Iterator[tuple[str, int, int, list[int]]]:
    """Stretches of windows that overlap: contig, start, end, numbers of the windows."""
    members: list[int] = []
    chrom, low, high = "", 0, 0
    for i in sorted(range(len(batch)), key=lambda i: batch[i]):
        name, start, end = batch[i]
        if members and (name != chrom or start >= high or end - low > block_bp):
            yield chrom, low, high, members
            members = []
        if not members:
            chrom, low, high = name, start, end
        members.append(i)
        high = max(high, end)
    if members:
        yield chrom, low, high, members
