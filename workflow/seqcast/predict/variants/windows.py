"""Which windows variants are predicted in, and which are predicted together.

Variants of one window come one after the other, whatever their order in the file, so that what is
known of the window is computed once (`known_windows`). Where the windows lie is decided by each
variant alone, or by the whole set (hound_snp), never by a shard.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import groupby, islice
from typing import NamedTuple, Self, TypeVar

import numpy as np
import polars as pl

from seqcast.genome.annotation import Annotation
from seqcast.genome.intervals import Geometry
from seqcast.predict.variants.alleles import Convention, Edit, WindowKey
from seqcast.predict.variants.gene_bins import (
    GeneBins,
    gene_windows,
    genes_in_window,
    windows_around,
)
from seqcast.predict.variants.score_options import ScoreOptions

GRID = 8  # centres of shared windows, in a window's length
MOST_SHARED = 8  # windows that indels of one window share: each takes memory

Base = TypeVar("Base", int, pl.Expr)


class Placed(NamedTuple):
    """A variant in one of the windows that it is scored in.

    Attributes
    ----------
    row : int
        Of the checked variants.
    edit : Edit
    start : int, optional
        First base of a window that is shared with other variants. None: the variant's own.
    genes : sequence of GeneBins
        Genes that are scored in this window.
    is_of_genes : bool
        Whether the window is one of `gene_bins.gene_windows`, and for its genes alone.
    swapped : bool
        Whether the file's REF and ALT are exchanged.
    """

    row: int
    edit: Edit
    start: int | None
    genes: Sequence[GeneBins] = ()
    is_of_genes: bool = False
    swapped: bool = False

    def start_by(self, convention: Convention) -> int:
        """First base of the window, which is the convention's where it is the variant's own."""
        return convention.start(self.edit) if self.start is None else self.start


class Neighbourhood(NamedTuple):
    """Windows that overlap, whose convolutions have much in common.

    Attributes
    ----------
    number : int
        Which one it is.
    groups : list of list of WindowKey
        Windows of the reference that variants of one window need, group by group.
    """

    number: int
    groups: list[list[WindowKey]]


class Chunk(NamedTuple):
    """Variants that are predicted together.

    Attributes
    ----------
    placed : sequence of Placed
    neighbourhood : Neighbourhood
    group : int
        Which of its groups these variants are of.
    bins : ndarray of int, optional
        Output bins that are wanted, ascending. None: all.
    """

    placed: Sequence[Placed]
    neighbourhood: Neighbourhood = Neighbourhood(0, [])
    group: int = 0
    bins: np.ndarray | None = None


def grid_start(edit: Edit | str, geometry: Geometry, convention: Convention) -> int | None:
    """The first base of the window of the grid whose centre is nearest to an edit.

    Centres are the multiples of an eighth of the window's length, so that an edit is at most a
    sixteenth of it away from one. An edit at a centre has the same window as without the grid.

    Returns
    -------
    int or None
        None for an edit that is too long to be sure to stay within such a window: it has one of
        its own.
    """
    step = geometry.length_bp // GRID
    half = geometry.length_bp // 2 - geometry.crop_bp
    if isinstance(edit, str) or convention.reach_bp(edit) + step // 2 >= half:
        return None
    return start_on_grid(edit.anchor, geometry)


def start_on_grid(base: Base, geometry: Geometry) -> Base:
    """The first base of the window of the grid whose centre is nearest to a 0-based base."""
    step = geometry.length_bp // GRID
    return (base + 1 + step // 2) // step * step - geometry.length_bp // 2


def edits_of(
    variants: pl.DataFrame, convention: Convention, geometry: Geometry
) -> list[Edit | str]:
    """An edit for each row that can be scored, the status for each that cannot."""
    edits: list[Edit | str] = []
    for row in variants.iter_rows(named=True):
        if row["status"] != "valid":
            edits.append(row["status"])
            continue
        border = row.get("border")  # of haplotypes
        ref, alt = (row["alt"], row["ref"]) if row["swapped"] else (row["ref"], row["alt"])
        edit = Edit(row["contig"], row["start"], row["end"], row["insert"], row["pos"],
                    ref.upper(), alt.upper(),
                    (border[0], border[1]) if border else None)  # fmt: skip
        too_long = convention.reach_bp(edit) >= geometry.length_bp // 2 - geometry.crop_bp
        edits.append("indel_too_long" if too_long else edit)
    return edits


def shared_windows(
    edits: Sequence[Edit | str], geometry: Geometry, cluster: float
) -> list[int | None]:
    """Start of the window each edit shares with its neighbours; None: a window of its own.

    Parameters
    ----------
    edits : sequence of Edit or str
        In file order; a str stands for a variant that cannot be scored.
    cluster : float
        A new window begins where a variant lies on another contig than the first of the current
        one, before it, or at least this fraction of the window's length behind it. 0: no sharing.

    Notes
    -----
    baskerville ``snps.py`` at 544073b (``cluster_snps``): greedy in file order, the window centred
    on the middle of first and last position.
    """
    reach = int(geometry.length_bp * cluster)
    groups: list[list[int]] = []
    head = None
    for i, edit in enumerate(edits):
        if isinstance(edit, str):
            continue
        if (
            head is None
            or edit.contig != head.contig
            or not head.pos <= edit.pos < head.pos + reach
        ):
            head = edit
            groups.append([])
        groups[-1].append(i)
    starts: list[int | None] = [None] * len(edits)
    for group in groups:
        positions = [edit.pos for i in group if isinstance(edit := edits[i], Edit)]
        if len(group) > 1:
            middle = (min(positions) + max(positions)) // 2
            for i in group:
                starts[i] = middle - geometry.length_bp // 2
    return starts


@dataclass(frozen=True)
class VariantWork:
    """Where each of some checked variants is scored, and in which order.

    Attributes
    ----------
    geometry : Geometry
    options : ScoreOptions
    edits : sequence of Edit or str
        `edits_of` the rows.
    starts : sequence of int or None
        First base of the window that a variant shares with others. None: a window of its own.
    swapped : sequence of bool
        Whether the file's REF and ALT are exchanged.
    """

    geometry: Geometry
    options: ScoreOptions
    edits: Sequence[Edit | str]
    starts: Sequence[int | None]
    swapped: Sequence[bool]

    @classmethod
    def of(cls, variants: pl.DataFrame, geometry: Geometry, options: ScoreOptions) -> Self:
        """That of checked variants, the whole set."""
        convention = options.convention(geometry)
        edits = edits_of(variants, convention, geometry)
        if options.is_shared:
            starts = [grid_start(edit, geometry, convention) for edit in edits]
        else:
            starts = shared_windows(edits, geometry, options.cluster)
        return cls(geometry, options, edits, starts, variants["swapped"].to_list())

    @cached_property
    def convention(self) -> Convention:
        """That of the options."""
        return self.options.convention(self.geometry)

    @cached_property
    def ordered(self) -> list[tuple[tuple[int, int], int]]:
        """Rows by contig and window, in file order in each: ((contig, start of the window), row).

        Contigs have the order of the file. A variant that cannot be scored stays behind the one
        before it, so that rows that are sorted by position keep their order.
        """
        contigs: dict[str, int] = {}
        place = (0, -self.geometry.length_bp)
        rows = []
        for row, (edit, start) in enumerate(zip(self.edits, self.starts, strict=True)):
            if isinstance(edit, Edit):
                contig = contigs.setdefault(edit.contig, len(contigs))
                place = contig, self.convention.start(edit) if start is None else start
            rows.append((place, row))
        return sorted(rows)

    def placed(self, rows: Collection[int], annotation: Annotation) -> list[Placed]:
        """Rows that can be scored, in each window that they are scored in, in order of work.

        The gene windows of hound_snp come behind all others. Without window scores, a variant is
        in no window without genes.
        """
        wanted = set(rows)
        found = [
            Placed(row, edit, self.starts[row], swapped=self.swapped[row])
            for _, row in self.ordered
            if row in wanted and isinstance(edit := self.edits[row], Edit)
        ]
        if self.options.has_gene_windows:
            return found * bool(self.options.window_scores) + self._in_gene_windows(
                found, annotation
            )
        genes = lru_cache(1)(partial(genes_in_window, annotation, span=self.options.span))
        placed = []
        for one in found:
            start = one.start_by(self.convention)
            offset_bp = self.convention.gene_offset_bp(one.edit)
            of_window = genes(one.edit.contig, start, self.geometry, offset_bp=offset_bp)
            if of_window or self.options.window_scores:
                placed.append(one._replace(genes=of_window))
        return placed

    def _in_gene_windows(self, found: Sequence[Placed], annotation: Annotation) -> list[Placed]:
        """Variants in the windows around genes, by contig and from left to right."""
        cluster, span = self.options.gene_cluster, self.options.span
        windows = gene_windows(annotation, self.geometry, cluster, span)
        placed = [
            one._replace(start=window.start, genes=window.genes, is_of_genes=True)
            for one in found
            for window in windows_around(windows, one.edit.contig, one.edit.pos - 1, self.geometry)
        ]
        contigs = list(dict.fromkeys(one.edit.contig for one in found))
        return sorted(placed, key=lambda one: (contigs.index(one.edit.contig), one.start or 0))


def plain_chunks(
    placed: Sequence[Placed], convention: Convention, batch_size: int
) -> Iterator[Chunk]:
    """Consecutive variants of a contig of at most `batch_size` sequences, at least one variant."""
    chunk: list[Placed] = []
    sequences = 0
    for one in placed:
        n = len(convention.flanks(one.edit, one.start))
        elsewhere = chunk and one.edit.contig != chunk[0].edit.contig
        if chunk and (elsewhere or sequences + n > batch_size):
            yield Chunk(chunk)
            chunk, sequences = [], 0
        chunk.append(one)
        sequences += n
    if chunk:
        yield Chunk(chunk)


def chunks_by_window(
    placed: Sequence[Placed], convention: Convention, geometry: Geometry, at_once: int,
    most_known: int, of_genes: bool = False, in_full: bool = False,
) -> Iterator[Chunk]:  # fmt: skip
    """Consecutive variants of one window, at most `at_once` of them.

    Parameters
    ----------
    most_known : int
        Windows of a neighbourhood, at most; more where one group has more.
    of_genes : bool
        Only the bins of genes are wanted.
    in_full : bool
        All bins are wanted of windows with a variant whose REF and ALT are exchanged.
    """

    def window(one: Placed) -> tuple[str, int, bool]:
        return one.edit.contig, one.start_by(convention), one.start is None

    near, place = Neighbourhood(-1, []), ("", 0)
    for (contig, start, _), group in groupby(placed, window):
        members = list(group)
        windows = _windows_of(members, convention, geometry)
        far = contig != place[0] or not 0 <= start - place[1] <= geometry.length_bp // 2
        if far or sum(map(len, near.groups)) + len(windows) > most_known:
            near = Neighbourhood(near.number + 1, [])
        place = contig, start
        near.groups.append(windows)
        bins = None
        if of_genes and not (in_full and any(one.swapped for one in members)):
            genes = {id(gene): gene for one in members for gene in one.genes}
            bins = np.unique(np.concatenate([gene.scored_bins for gene in genes.values()]))
        for first in range(0, len(members), at_once):
            yield Chunk(members[first : first + at_once], near, len(near.groups) - 1, bins)


def _windows_of(
    placed: Sequence[Placed], convention: Convention, geometry: Geometry
) -> list[WindowKey]:
    """Windows of the reference that variants of one window need, and what indels may share."""
    flanks = [f for one in placed for f in convention.flanks(one.edit, one.start)]
    whole = dict.fromkeys(f.left for f in flanks if f.is_whole)
    return [*whole, *_worth_knowing(placed, convention, geometry)]


def _worth_knowing(
    placed: Sequence[Placed], convention: Convention, geometry: Geometry
) -> tuple[WindowKey, ...]:
    """Windows to which indels of one window move its bases, where knowing them saves time.

    Without such a window, all on one side of an indel is computed again. One of its own costs as
    much as a whole window, so that it pays from two indels in the middle of a window on.
    """
    if not any(one.edit.is_length_change for one in placed):
        return ()
    flanks = [(one, convention.flanks(one.edit, one.start)) for one in placed]
    known = {f.left for _, of_pair in flanks for f in of_pair if f.is_whole}
    saved: dict[WindowKey, float] = defaultdict(float)
    for one, of_pair in flanks:
        before = (
            one.edit.start - one.start_by(convention)
        ) / geometry.length_bp  # fraction of the window
        for f in of_pair:
            if f.left in known and f.right not in known:
                saved[f.right] += 1 - before
            elif f.right in known and f.left not in known:
                saved[f.left] += before
    paying = sorted((key for key in saved if saved[key] > 1), key=lambda key: (-saved[key], key))
    return tuple(islice(paying, MOST_SHARED))
