"""Exact reuse of a network's convolutions between windows that have most of their bases in common.

What the convolutions give for a cell of the grid depends on the bases around it alone. An allele
that has the bases of a known window in the same columns has its activations there; only those that
the edit reaches are computed again, from a short slot of the allele:

    left     ==========|====|===========    known, such as the reference
    allele   ==========|edit|#####
    right    ##########|####|#####          known, such as the reference shifted by an indel

Left and right are the same window for a substitution. An indel moves the bases behind it, which
a window that starts as many bases elsewhere has in the columns of the allele: one such window
serves all indels of that length. Without it all cells behind the edit are computed again, which is
half of the window on average; so every allele can be patched, and alleles without a window to
share are better predicted plainly.

A slot is run as if it were a whole window, on the same grid. Its ends differ from the allele by
the zeros around it; cells within reach of them are not used, unless the end is one of the window.

The patched activations are those of the plain computation but for rounding, since kernels of other
sizes add in another order. The tests hold 1e-12 of the largest value in float64 and 1e-5 in
float32. In lower precision the roundings of left, patch and right differ by more than the effects
of most variants: compare alleles that were both patched, or use float32.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcast.models.coverage import ConvolutionsFirst

TILE_BP = 1 << 15  # of the sequence of neighbouring windows that is convolved at once
FARTHEST = 0.4  # of a window's length from one to the next, on average: then sharing pays
BASES_AT_ONCE = 1 << 16  # of slots; few enough that what a CPU computes stays near it


class Convolved(NamedTuple):
    """A window, ``(1, 4, length)``, and what the convolutions give for it."""

    one_hot: Tensor
    activations: tuple[Tensor, ...]


class Patch(NamedTuple):
    """What differs in one allele: activations of `cells` cells of the grid from `first` on."""

    first: int
    cells: int
    activations: tuple[Tensor, ...]
    left: Convolved
    right: Convolved


def convolve(model: ConvolutionsFirst, one_hot: Tensor) -> Convolved:
    """A window that alleles can be patched from, ``(1, 4, length)``."""
    return Convolved(one_hot, model.convolve(one_hot))


def convolve_many(
    model: ConvolutionsFirst, windows: Tensor, starts: Sequence[int]
) -> list[Convolved]:
    """Neighbouring windows, with what they have in common computed once where a network can.

    Parameters
    ----------
    model : ConvolutionsFirst
        In evaluation mode.
    windows : Tensor, shape=(n, 4, length)
    starts : sequence of int
        Coordinate of the first column of each. Windows have the same bases at the same coordinates
        but for some columns at their ends; the more there are, the more is computed again.

    Returns
    -------
    list of Convolved
        The memory is that of the activations of so many windows.
    """
    grid, (n, _, length) = model.grid_bp, windows.shape
    cells, spread = length // grid, max(starts) - min(starts)
    if n == 1 or spread > FARTHEST * (n - 1) * length:
        return [convolve(model, window[None]) for window in windows]
    joined = _joined(windows, starts)
    width = _width_of_ends(model, windows, joined, starts)
    if 2 * width >= cells:
        return [convolve(model, window[None]) for window in windows]
    found: list[list[Tensor]] = [[] for _ in windows]

    def keep(i: int, first: int, some: int, activations: tuple[Tensor, ...]) -> None:
        for level, y in enumerate(activations):
            per_cell = y.shape[1] // some
            if len(found[i]) == level:
                found[i].append(y.new_empty(1, cells * per_cell, y.shape[2]))
            found[i][level][:, first * per_cell : (first + some) * per_cell] = y

    halo, origin = model.reach_bp + grid, min(starts)
    joined = F.pad(joined, (halo, halo))
    for begin in range(origin, max(starts) + length, TILE_BP):
        # cells that start in the tile
        bounds = ([-(-(at - start) // grid) for at in (begin, begin + TILE_BP)] for start in starts)
        runs = [(i, max(0, a), min(cells, b)) for i, (a, b) in enumerate(bounds)]
        runs = [(i, a, b) for i, a, b in runs if a < b]
        tile = joined[..., begin - origin : begin - origin + TILE_BP + grid + 2 * halo]
        places = [(starts[i] + a * grid - begin + halo, b - a) for i, a, b in runs]
        for (i, a, b), made in zip(runs, model.convolve_at(tile, places), strict=True):
            keep(i, a, b - a, made)
    ends = [(i, first) for i in range(n) for first in (0, cells - width)]
    for i, first, made in _computed_again(model, windows, ends, width):
        keep(i, first, width, made)
    return [
        Convolved(window[None], tuple(levels))
        for window, levels in zip(windows, found, strict=True)
    ]


def _joined(windows: Tensor, starts: Sequence[int]) -> Tensor:
    """``(1, 4, length)`` from the first start on; of several windows, that farthest from an end."""
    _, bases, length = windows.shape
    columns = torch.arange(length, device=windows.device)
    depth = torch.minimum(columns, length - 1 - columns)
    origin = min(starts)
    joined = windows.new_zeros(bases, max(starts) - origin + length)
    deepest = depth.new_full(joined.shape[1:], -1)
    for window, start in zip(windows, starts, strict=True):
        part = slice(start - origin, start - origin + length)
        deeper = depth > deepest[part]
        joined[:, part] = torch.where(deeper, window, joined[:, part])
        deepest[part] = torch.where(deeper, depth, deepest[part])
    return joined[None]


def _width_of_ends(
    model: ConvolutionsFirst, windows: Tensor, joined: Tensor, starts: Sequence[int]
) -> int:
    """Cells at each end of a window that see beyond it, or a column where it differs."""
    length, widest = windows.shape[2], 0
    for window, start in zip(windows, starts, strict=True):
        at = start - min(starts)
        columns = (window != joined[0, :, at : at + length]).any(0).nonzero()[:, 0]
        inwards = torch.minimum(columns + 1, length - columns)
        if len(inwards):
            widest = max(widest, int(inwards.max()))
    return -(-(widest + model.reach_bp) // model.grid_bp)


def patch(
    model: ConvolutionsFirst, alleles: Tensor, left: Convolved, right: Convolved | None = None
) -> list[Patch]:
    """Compute what differs in alleles of one window from known windows.

    Edits need not be named: what differs is read from the sequences, so that shifted and
    reverse-complemented windows are patched like others.

    Parameters
    ----------
    model : ConvolutionsFirst
        In evaluation mode.
    alleles : Tensor, shape=(batch, 4, length)
    left, right : Convolved
        Windows of that length, with the bases of the alleles before and behind the edits. The
        more columns agree, the less is computed. Default of `right`: `left`.

    Returns
    -------
    list of Patch
        One per allele, for `splice`.
    """
    if model.training:
        raise ValueError("patches need a model in evaluation mode: norms of a batch see all of it")
    right = right or left
    cells = alleles.shape[2] // model.grid_bp
    # widths in multiples of what one base reaches at most, so that few batches are needed
    unit = 1 + -(-2 * model.reach_bp // model.grid_bp)
    alike = defaultdict(list)  # width -> alleles of which so many cells are computed, from where on
    for i, (first, end) in enumerate(_reached_cells(model, alleles, left, right)):
        width = min(cells, max(1, -(-(end - first) // unit)) * unit)
        alike[width].append((i, min(first, cells - width)))
    patches = {
        i: Patch(first, width, kept, left, right)
        for width, places in alike.items()
        for i, first, kept in _computed_again(model, alleles, places, width)
    }
    return [patches[i] for i in range(len(alleles))]


def _computed_again(
    model: ConvolutionsFirst, alleles: Tensor, places: Sequence[tuple[int, int]], width: int
) -> Iterator[tuple[int, int, tuple[Tensor, ...]]]:
    """Activations of `width` cells for each place: the number of an allele, and the first cell."""
    cells, margin = alleles.shape[2] // model.grid_bp, -(-model.reach_bp // model.grid_bp)
    slot = min(cells, width + 2 * margin)
    at_once = max(1, BASES_AT_ONCE // (slot * model.grid_bp))
    for k in range(0, len(places), at_once):
        part = places[k : k + at_once]
        starts = [min(max(0, first - margin), cells - slot) for _, first in part]
        slots = [
            alleles[i, :, start * model.grid_bp : (start + slot) * model.grid_bp]
            for (i, _), start in zip(part, starts, strict=True)
        ]
        made = model.convolve(torch.stack(slots))
        for row, ((i, first), start) in enumerate(zip(part, starts, strict=True)):
            rows = [y[row : row + 1] for y in made]
            yield i, first, tuple(_cells(y, slot, first - start, width) for y in rows)


def _cells(activations: Tensor, total: int, first: int, width: int) -> Tensor:
    """Positions of `width` cells from `first` on, of activations of `total` cells."""
    n = activations.shape[1] // total  # positions per cell
    return activations[:, first * n : (first + width) * n]


def _reached_cells(
    model: ConvolutionsFirst, alleles: Tensor, left: Convolved, right: Convolved
) -> list[tuple[int, int]]:
    """Cells of each allele that are neither those of `left` (before) nor of `right` (behind)."""
    length, grid, reach = alleles.shape[2], model.grid_bp, model.reach_bp
    firsts = _first_column((alleles != left.one_hot).any(1))
    lasts = _first_column((alleles != right.one_hot).any(1).flip(1))
    return [
        (max(0, first - reach) // grid, min(length, length - last + reach + grid - 1) // grid)
        for first, last in zip(firsts, lasts, strict=True)
    ]


def _first_column(differs: Tensor) -> list[int]:
    """First true column of each row; their number if there is none."""
    columns = differs.int().argmax(1)
    return torch.where(differs.any(1), columns, differs.shape[1]).tolist()


def splice(patches: Sequence[Patch]) -> tuple[Tensor, ...]:
    """Activations of whole windows, ``(batch, positions, channels)`` each, for `finish`.

    Parameters
    ----------
    patches : sequence of Patch
        Of one batch: the memory of the activations is that of so many windows.
    """
    levels = []
    for i, patched in enumerate(patches[0].activations):
        n = patched.shape[1] // patches[0].cells  # positions per cell
        pieces = [
            piece
            for p in patches
            for piece in (
                p.left.activations[i][:, : p.first * n],
                p.activations[i],
                p.right.activations[i][:, (p.first + p.cells) * n :],
            )
        ]
        levels.append(torch.cat(pieces, 1).unflatten(1, (len(patches), -1)).squeeze(0))
    return tuple(levels)
