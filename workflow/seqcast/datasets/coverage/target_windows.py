"""Windows of a genome to train on, and the parts that they are dealt to.

Coordinates are 0-based, half-open. A window is what the targets cover; the model's input reaches
`crop_bp` further at both ends. Parts are ``fold0``, ``fold1``, ... or ``train``, ``valid``,
``test``, as in the published datasets. Procedure: baskerville ``hound_data.py`` at 544073b
(contigs cut into blocks, blocks dealt to folds, windows in steps between gaps, unmappable ones left
out), except that inputs of different parts never overlap.
"""

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_cells
from seqcast.datasets.coverage.contig_blocks import (
    Interval,
    cut_contig,
    deal_blocks,
    first_overlap,
    mappable_windows,
    merged_intervals,
    tile_block,
)
from seqcast.datasets.coverage.fold_names import fold_numbers
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import CONTIGS_TOLD, check_inside

logger = logging.getLogger(__name__)

WINDOWS = {"chrom": pl.String, "start": pl.Int64, "end": pl.Int64, "part": pl.String}
ROLES = ("train", "valid", "test")
FOLD = re.compile(r"fold(\d+)")
WINDOWS_A_BLOCK = 8
BLOCKS_A_FOLD = 4  # at least, where the genome is long enough
Block = tuple[str, list[Interval]]  # contig, windows


def make_windows(
    contig_lengths: Mapping[str, int],
    window_bp: int,
    folds: int,
    *,
    stride_bp: int | None = None,
    crop_bp: int = 0,
    gaps: pl.DataFrame | None = None,
    unmappable: pl.DataFrame | None = None,
    unmappable_share: float = 0.5,
    block_bp: int | None = None,
    fixed: Mapping[str, str] | None = None,
    seed: int = 44,
) -> pl.DataFrame:
    """Cut a genome into windows and deal them to folds.

    Contigs are cut into blocks of about `block_bp`. A block goes to one fold as a whole, the
    largest first, each to the fold with the fewest windows so far; which of equals comes first is
    drawn. Windows next to a cut keep `crop_bp` away from it, so that the inputs of different parts
    do not overlap.

    Parameters
    ----------
    contig_lengths : mapping of str to int
        bp, such as `Genome.contigs`.
    window_bp : int
        Of the targets: the model's input less its crop.
    folds : int
        Parts ``fold0`` ... to deal to; 0, which sets of the workflow cannot have, where all contigs
        are in `fixed`.
    stride_bp : int, optional
        From one window's start to the next; below `window_bp`, windows of a part overlap. By
        default `window_bp`.
    crop_bp : int
        By which the model's input is longer than the targets, at each end.
    gaps, unmappable : DataFrame, optional
        contig, start, end (`intervals.read_bed`, `contig_blocks.unknown_stretches`); may overlap.
        No window contains a base of a gap. Windows whose bases are `unmappable` to a fraction of
        `unmappable_share` or more are left out.
    unmappable_share : float
        In (0, 1].
    block_bp : int, optional
        By default 8 windows, less where a fold would get fewer than 4 blocks.
    fixed : mapping of str to str, optional
        Contig to its part (such as ``test``), for those that are not dealt.
    seed : int
        Of the draw; default as in the original.

    Returns
    -------
    DataFrame
        `WINDOWS`, by part, contig (in the genome's order) and start. How many were left out, and
        why, is logged.

    Raises
    ------
    InputError
        If a number is out of range, an interval or fixed contig is of another genome, no contig
        has room for a window, or a part gets none.
    """
    fixed = fixed or {}
    stride_bp = window_bp if stride_bp is None else stride_bp
    _check_numbers(contig_lengths, window_bp, stride_bp, crop_bp, unmappable_share)
    _check_fixed(fixed, contig_lengths, folds)
    holes = merged_intervals(gaps, contig_lengths, "gaps")
    masked = merged_intervals(unmappable, contig_lengths, "unmappable")
    if block_bp is None:
        block_bp = _block_length(contig_lengths, fixed, folds, window_bp, crop_bp)
    blocks: list[Block] = []
    short = dropped = 0
    for contig, length_bp in contig_lengths.items():
        short += length_bp < window_bp
        about_bp = length_bp if contig in fixed else block_bp
        for block in cut_contig(length_bp, about_bp, crop_bp):
            tiles = tile_block(block, holes.get(contig, []), window_bp, stride_bp)
            kept = mappable_windows(tiles, masked.get(contig, []), unmappable_share)
            dropped += len(tiles) - len(kept)
            blocks.append((contig, kept))
    windows = _dealt(blocks, contig_lengths, fixed, folds, seed)
    logger.info("%d windows of %d bp in %d blocks; left out: %d unmappable windows, %d contigs "
                "shorter than a window",
                windows.height, window_bp, len(blocks), dropped, short)  # fmt: skip
    wanted = {f"fold{i}" for i in range(folds)} | set(fixed.values())
    _check_counts(windows, wanted, 1, "the windows made")
    return windows


def read_windows(bed: str | Path, genome: Genome | None = None) -> pl.DataFrame:
    """Read a ``sequences.bed`` as published with a dataset.

    Parameters
    ----------
    bed : path
        Four columns between tabs, plain or gzip: contig, start, end (of the targets, the crop
        outside), part. Lines with "#" are headers.
    genome : Genome, optional
        Contigs take its FASTA's names, through its aliases.

    Returns
    -------
    DataFrame
        `WINDOWS`, in file order, which is that of the records of a part.

    Raises
    ------
    InputError
        If the file is missing or has other columns, an interval is empty, a part is none, or the
        genome lacks a contig.
    """
    cells = read_cells(bed, "contig, start, end and part between tabs", header=False)
    if cells.width < len(WINDOWS):
        raise InputError(
            f"{bed} has {cells.width} columns; expected contig, start, end and part (fold0, ... or "
            "train, valid, test) between tabs, as in a published sequences.bed"
        )
    cells = cells.select(cells.columns[:4]).rename(dict(zip(cells.columns, WINDOWS, strict=False)))
    windows = cells.with_columns(pl.col("start", "end").cast(pl.Int64, strict=False))
    start, end = pl.col("start"), pl.col("end")
    whole = (pl.col("chrom") != "") & (start >= 0) & (start < end) & pl.col("part").is_not_null()
    if bad := windows.with_row_index().filter(~whole.fill_null(False)).head(1).rows():
        number = bad[0][0]
        raise InputError(
            f"{bed}, row {number + 1}: {cells.row(number)}; expected contig, start, end with "
            "0 <= start < end, and a part"
        )
    _check_names(windows["part"].unique(), str(bed))
    return windows if genome is None else _renamed(windows, genome, bed)


def check_windows(
    windows: pl.DataFrame,
    contig_lengths: Mapping[str, int],
    source: str | Path,
    *,
    crop_bp: int = 0,
    least: int = 1,
) -> None:
    """Stop at windows that cannot be trained on, or that leak from one part into another.

    Parameters
    ----------
    windows : DataFrame
        `WINDOWS`.
    contig_lengths : mapping of str to int
        bp.
    source : path
        Where the windows are from, for messages.
    crop_bp : int
        By which inputs reach beyond windows. Inputs of different parts that overlap, while their
        windows do not, are told in the log: published sets have them where windows are cropped.
    least : int
        Windows that a part must have.

    Raises
    ------
    InputError
        If there are no windows or of several lengths; one is on an unknown contig, longer than its
        contig or beyond its end; parts are unknown, mixed or too small; or windows of different
        parts overlap.
    """
    if windows.is_empty():
        raise InputError(f"{source} has no windows; expected one or more a part")
    lengths = windows.select(length=pl.col("end") - pl.col("start"))["length"].unique().sort()
    if len(lengths) > 1:
        raise InputError(
            f"{source} has windows of {lengths[0]} and of {lengths[1]} bp; expected one length, "
            "that of a model's output"
        )
    for chrom in windows["chrom"].unique(maintain_order=True):
        if lengths[0] > contig_lengths.get(chrom, lengths[0]):
            raise InputError(
                f"{source}: a window of {lengths[0]} bp on {chrom!r}, which has "
                f"{contig_lengths[chrom]} bp; expected windows inside a contig. Take shorter "
                "windows, or the assembly that the windows are of."
            )
    if windows["start"].min() < 0:  # type: ignore[operator]
        raise InputError(f"{source} has a window that starts before its contig; expected 0 or more")
    check_inside(windows.rename({"chrom": "contig"}), contig_lengths, source)
    present = set(windows["part"].unique())
    numbers = _check_names(present, str(source))
    _check_counts(windows, present | {f"fold{i}" for i in range(numbers)}, least, str(source))
    if pair := first_overlap(windows, 0):
        raise InputError(
            f"{source}: {pair[0]} and {pair[1]} overlap; expected windows of different parts "
            "apart, or what a model learned from one is tested on the other. Put both in one part."
        )
    if crop_bp and (pair := first_overlap(windows, crop_bp)):
        logger.warning("%s: with %d bp of crop, the inputs of %s and %s overlap, though not what "
                       "is predicted of them", source, crop_bp, *pair)  # fmt: skip


def parts_of_fold(parts_present: Collection[str], fold_name: str) -> dict[str, list[str]]:
    """Which parts a fold is trained, validated and tested on.

    Parameters
    ----------
    parts_present : collection of str
        Parts of the windows: ``fold0`` ... alone; with a fixed ``test``; or ``train``, ``valid``
        and perhaps ``test``.
    fold_name : str
        The number i of the fold: ``3``, ``f3`` or ``f3c1`` (c1: the second training on the same
        data). With folds alone, fold i is the test and fold i + 1 (of k, around) validates, as in
        the published trainings. With a fixed test, fold i modulo k validates. Where no part is a
        fold, every fold has the same.

    Returns
    -------
    dict
        ``train``, ``valid``, ``test`` to names of parts; ``test`` may be empty.

    Raises
    ------
    InputError
        If the name is none, there is no such fold, or parts are too few, unknown or mixed.
    """
    (number, _), present = fold_numbers(fold_name), set(parts_present)
    k = _check_names(present, "the windows")
    if not k:
        if missing := {"train", "valid"} - present:
            raise InputError(f"the windows have no part {min(missing)}; expected train and valid")
        return {role: [role] if role in present else [] for role in ROLES}
    if absent := {f"fold{i}" for i in range(k)} - present:
        raise InputError(f"the windows have fold{k - 1} but no {min(absent)}; expected all of them")
    fixed = "test" in present
    if k < (2 if fixed else 3) or (number >= k and not fixed):
        raise InputError(
            f"fold {fold_name} of windows in parts {', '.join(sorted(present))}; expected three "
            "folds or more (two if the test is fixed), and a fold below their number. Make windows "
            "with more folds, or name another."
        )
    valid = f"fold{number % k if fixed else (number + 1) % k}"
    test = "test" if fixed else f"fold{number}"
    train = [f"fold{i}" for i in range(k) if f"fold{i}" not in (valid, test)]
    return {"train": train, "valid": [valid], "test": [test]}


def roles_of_parts(windows: pl.DataFrame, fold_name: str) -> dict[str, str]:
    """Part to what a fold does with its windows (`ROLES`); where all are ``test``, tested on."""
    present = windows["part"].unique().to_list()
    roles = {"test": ["test"]} if present == ["test"] else parts_of_fold(present, fold_name)
    return {part: role for role, parts in roles.items() for part in parts}


def _check_numbers(
    contig_lengths: Mapping[str, int], window_bp: int, stride_bp: int, crop_bp: int, share: float
) -> None:
    """Refuse options that give no windows."""
    for name, value, least in (("window_bp", window_bp, 1), ("stride_bp", stride_bp, 1),
                               ("crop_bp", crop_bp, 0)):  # fmt: skip
        if value < least:
            raise InputError(f"{name} is {value}; expected {least} or more")
    if not 0 < share <= 1:
        raise InputError(f"unmappable_share is {share}; expected above 0 and at most 1")
    longest = max(contig_lengths, key=lambda name: contig_lengths[name], default=None)
    if longest is None or contig_lengths[longest] < window_bp:
        found = "there is none" if longest is None else f"{longest}, the longest, has "\
            f"{contig_lengths[longest]} bp"  # fmt: skip
        raise InputError(
            f"windows of {window_bp} bp are longer than every contig ({found}); expected one with "
            "room. Take shorter windows, or another genome."
        )


def _check_fixed(fixed: Mapping[str, str], contig_lengths: Mapping[str, int], folds: int) -> None:
    """Refuse contigs that are fixed to a part and not there, and parts that do not go together."""
    if lost := [name for name in fixed if name not in contig_lengths]:
        raise InputError(
            f"contig {lost[0]!r} is to be in part {fixed[lost[0]]!r}, but is not in the genome; "
            f"its contigs are {', '.join(list(contig_lengths)[:CONTIGS_TOLD])}"
        )
    if folds < 0 or (folds == 0 and len(fixed) < len(contig_lengths)):
        raise InputError(
            f"{folds} folds for {len(contig_lengths) - len(fixed)} contigs without a fixed part; "
            "expected one or more"
        )
    _check_names({f"fold{i}" for i in range(folds)} | set(fixed.values()), "the windows to make")


def _check_names(parts: Collection[str], source: str) -> int:
    """Number of folds among names of parts; names that are unknown or mixed stop."""
    numbers = [int(match[1]) for part in parts if (match := FOLD.fullmatch(part))]
    others = {part for part in parts if not FOLD.fullmatch(part)}
    if unknown := sorted(others - set(ROLES)):
        raise InputError(
            f"{source}: part {unknown[0]!r}; expected fold0, fold1, ... or train, valid, test"
        )
    if numbers and others - {"test"}:
        raise InputError(
            f"{source}: parts {', '.join(sorted(parts))}; expected folds, perhaps with a fixed "
            "test, or train, valid and test"
        )
    return max(numbers, default=-1) + 1


def _check_counts(windows: pl.DataFrame, parts: Collection[str], least: int, source: str) -> None:
    """Refuse a part with too few windows."""
    counts = dict(windows["part"].value_counts().iter_rows())
    for part in sorted(parts):
        if counts.get(part, 0) < least:
            raise InputError(
                f"{source}: part {part} has {counts.get(part, 0)} windows; expected {least} or "
                "more. Take fewer folds, shorter windows or blocks, or a longer genome."
            )


def _block_length(
    contig_lengths: Mapping[str, int], fixed: Mapping[str, str], folds: int, window_bp: int,
    crop_bp: int,
) -> int:  # fmt: skip
    """Length of blocks: 8 windows, less where a fold would get few; a model's input at least."""
    dealt_bp = sum(bp for name, bp in contig_lengths.items() if name not in fixed)
    most = dealt_bp // max(1, folds * BLOCKS_A_FOLD)
    return max(window_bp + 2 * crop_bp, min(WINDOWS_A_BLOCK * window_bp, most))


def _dealt(
    blocks: Sequence[Block], contig_lengths: Mapping[str, int], fixed: Mapping[str, str],
    folds: int, seed: int,
) -> pl.DataFrame:  # fmt: skip
    """Windows with their parts, by part (folds by number), contig and start."""
    free = [i for i, (contig, _) in enumerate(blocks) if contig not in fixed]
    numbers = deal_blocks([len(blocks[i][1]) for i in free], folds, seed)
    fold = dict(zip(free, numbers, strict=True))
    rows = [
        (contig, start, end, f"fold{fold[i]}" if i in fold else fixed[contig])
        for i, (contig, kept) in enumerate(blocks)
        for start, end in kept
    ]
    rank = {name: i for i, name in enumerate(contig_lengths)}
    number = pl.col("part").str.extract(r"(\d+)").cast(pl.Int64)
    place = pl.col("chrom").replace_strict(rank, return_dtype=pl.Int64)
    windows = pl.DataFrame(rows, schema=WINDOWS, orient="row")
    return windows.sort(number, "part", place, "start", nulls_last=True)


def _renamed(windows: pl.DataFrame, genome: Genome, bed: str | Path) -> pl.DataFrame:
    """Contigs under the names that the FASTA has."""
    names = {name: genome.resolve(name) for name in windows["chrom"].unique(maintain_order=True)}
    if lost := [name for name, known in names.items() if known is None]:
        raise InputError(
            f"{bed} has windows on {lost[0]!r}, which {genome.fasta} lacks; its contigs are "
            f"{', '.join(list(genome.contigs)[:CONTIGS_TOLD])}. Give the windows' own assembly."
        )
    return windows.with_columns(pl.col("chrom").replace_strict(names, return_dtype=pl.String))
