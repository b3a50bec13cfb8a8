"""Prediction of edited windows from what is known of the windows that they were edited from.

`know` computes a window once; `predict_edited` then gives the coverage of its alleles, with the
numbers that the network itself gives for them but for rounding. What can be reused depends on the
architecture; with one that reuses nothing every allele is predicted plainly.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqcast.models.convolution_patches import (
    Convolved,
    Patch,
    convolve,
    convolve_many,
    patch,
    splice,
)
from seqcast.models.coverage import ChangedCells, ConvolutionsFirst, Wanted
from seqcast.models.interface import CoverageModel

CELLS_AT_ONCE = 1 << 12  # of the grid of alleles finished together on a CPU, for its cache
LONG = 1 << 10  # cells of a window from which on an update of the first layer saves time
NARROW = 4  # times the cells that an edit changes are in a window of which more is reused


class Reuse(NamedTuple):
    """Which parts of a computation to save; the numbers are the same, but for rounding.

    Attributes
    ----------
    convolutions : bool
        Compute the convolutions only where an edit reaches.
    first_layer : bool
        Update the first attention layer of the known window instead of computing it again.
    wanted : bool
        Compute only what `Wanted` names, not all of the output.
    """

    convolutions: bool = True
    first_layer: bool = True
    wanted: bool = True


class KnownWindow:
    """A window and what is computed of it, once; made by `know`.

    Attributes
    ----------
    model : CoverageModel
    one_hot : Tensor, shape=(1, 4, length)
    convolved : Convolved or None
        None where nothing is reused.
    reuse : Reuse
    """

    def __init__(
        self, model: CoverageModel, one_hot: Tensor, convolved: Convolved | None, reuse: Reuse
    ) -> None:
        self.model, self.one_hot = model, one_hot
        self.convolved, self.reuse = convolved, reuse

    @cached_property
    def remembered(self) -> Any:
        """What the network keeps of it; see `ConvolutionsFirst.remember`."""
        if self.convolved is None or not self.remembers:
            return None
        assert isinstance(self.model, ConvolutionsFirst)
        return self.model.remember(self.convolved.activations)

    @property
    def remembers(self) -> bool:
        """Whether the first layer is reused; in short windows computing it takes less."""
        if self.convolved is None or not self.reuse.first_layer:
            return False
        return _cells(self) >= LONG

    def coverage(self, wanted: Wanted | None = None) -> Tensor:
        """Coverage ``(1, tracks, bins)`` of the window; NaN where `wanted` does not want it."""
        if self.convolved is None:
            return _plainly(self.model, self.one_hot, wanted)
        return _finished(self, self.convolved.activations, wanted, ChangedCells((0,), 0))


def know(model: CoverageModel, one_hot: Tensor, reuse: Reuse | None = None) -> KnownWindow:
    """Compute what the alleles of a window can share.

    Parameters
    ----------
    model : CoverageModel
        In evaluation mode.
    one_hot : Tensor, shape=(1, 4, length)
        On the device of the model.
    reuse : Reuse, optional
        What to reuse; all that can be by default.

    Returns
    -------
    KnownWindow
        Its memory is some 15 % of what the activations of a forward take; let go of it when its
        alleles are done.
    """
    reuse, convolved = reuse or Reuse(), None
    if isinstance(model, ConvolutionsFirst) and reuse.convolutions:
        convolved = convolve(model, one_hot)
    return KnownWindow(model, one_hot, convolved, reuse)


def know_many(
    model: CoverageModel, windows: Tensor, starts: Sequence[int], reuse: Reuse | None = None
) -> Iterator[KnownWindow]:
    """`know` windows of one neighbourhood, with what they have in common computed once.

    Parameters
    ----------
    model : CoverageModel
    windows : Tensor, shape=(n, 4, length)
    starts : sequence of int
        Coordinate of the first column of each; see `convolution_patches.convolve_many`. Those of
        the other strand are of windows turned around and grow the other way.
    reuse : Reuse, optional

    Yields
    ------
    KnownWindow
        In the order given. Each is let go of here when the next one is asked for; until then all
        of those to come are kept.
    """
    reuse = reuse or Reuse()
    if not isinstance(model, ConvolutionsFirst) or not reuse.convolutions:
        for window in windows:
            yield know(model, window[None], reuse)
        return
    to_come = convolve_many(model, windows, starts)[::-1]
    while to_come:
        yield KnownWindow(model, to_come[-1].one_hot, to_come.pop(), reuse)


class Edited(NamedTuple):
    """Alleles ``(batch, 4, length)`` of one window, and the known windows on either side."""

    alleles: Tensor
    left: KnownWindow
    right: KnownWindow


def predict_edited(
    model: CoverageModel,
    alleles: Tensor,
    left: KnownWindow,
    right: KnownWindow | None = None,
    wanted: Wanted | None = None,
) -> Tensor:
    """Coverage of alleles of one window.

    Edits need not be named; see `convolution_patches` for what is read from the sequences, and for
    the windows that indels share.

    Parameters
    ----------
    model : CoverageModel
        That of the known windows, in evaluation mode.
    alleles : Tensor, shape=(batch, 4, length)
        On the device of the model; the batch bounds the memory.
    left, right : KnownWindow
        Windows of that length, with the bases of the alleles before and behind the edits. Default
        of `right`: `left`, with which all behind an indel is computed again.
    wanted : Wanted, optional
        What of the coverage is needed; all of it by default.

    Returns
    -------
    Tensor, shape=(batch, tracks, bins)
        NaN where `wanted` does not want it.
    """
    return predict_together(model, [Edited(alleles, left, right or left)], wanted)


def predict_together(
    model: CoverageModel, edited: Sequence[Edited], wanted: Wanted | None = None
) -> Tensor:
    """`predict_edited` for several windows of one length; those of short ones take less time.

    Returns
    -------
    Tensor, shape=(sum of batches, tracks, bins)
        In the order given.
    """
    found, patches = [], []
    for alleles, left, right in edited:
        if left.convolved is None or right.convolved is None:
            return torch.cat([_plainly(model, one.alleles, wanted) for one in edited])
        assert isinstance(model, ConvolutionsFirst)
        patches += [(left, one) for one in patch(model, alleles, left.convolved, right.convolved)]
    if not patches:
        return _plainly(model, edited[0].alleles[:0], wanted)
    for known, part in _finished_together(patches):
        found.append(_finished(known, splice(part), wanted, _changed(part, _cells(known))))
    return found[0] if len(found) == 1 else torch.cat(found)


def coverage_together(known: Sequence[KnownWindow], wanted: Wanted | None = None) -> Tensor:
    """``KnownWindow.coverage`` of several windows, ``(windows, tracks, bins)``."""
    convolved = [one.convolved for one in known if one.convolved and not one.remembers]
    if len(convolved) < len(known):
        return torch.cat([one.coverage(wanted) for one in known])
    levels = zip(*(one.activations for one in convolved), strict=True)
    return _finished(known[0], tuple(torch.cat(level) for level in levels), wanted, None)


def _plainly(model: CoverageModel, windows: Tensor, wanted: Wanted | None) -> Tensor:
    """What the network gives for whole windows."""
    return (wanted or Wanted()).mask(model(windows))


def _finished(
    known: KnownWindow,
    activations: tuple[Tensor, ...],
    wanted: Wanted | None,
    changed: ChangedCells | None,
) -> Tensor:
    model, wanted = known.model, wanted or Wanted()
    assert isinstance(model, ConvolutionsFirst)
    # of an allele that differs everywhere nothing is known; but where roundings are as large as
    # effects, it takes the same path as its reference
    rounded = activations[0].dtype.itemsize < torch.float32.itemsize
    remembered = known.remembered if changed or rounded else None
    if known.reuse.wanted:
        return model.finish_part(activations, wanted, remembered, changed)
    return wanted.mask(model.finish_part(activations, Wanted(), remembered, changed))


def _changed(patches: Sequence[Patch], cells: int) -> ChangedCells | None:
    """Where alleles that are finished together may differ from their known window."""
    if not _is_narrow(patches[0], cells):
        return None
    width = max(p.cells for p in patches)
    return ChangedCells(tuple(min(p.first, cells - width) for p in patches), width)


def _is_narrow(patched: Patch, cells: int) -> bool:
    return patched.left is patched.right and NARROW * patched.cells <= cells


def _finished_together(
    patches: Sequence[tuple[KnownWindow, Patch]],
) -> Iterator[tuple[KnownWindow, Sequence[Patch]]]:
    """Parts of a batch: all like edits on a GPU, a cacheful on a CPU."""

    def kind(one: tuple[KnownWindow, Patch]) -> object:
        known, patched = one
        return known.remembers and (id(known), _is_narrow(patched, _cells(known)))

    for _, alike in groupby(patches, kind):
        part = list(alike)
        known, _ = part[0]
        on_cpu = known.one_hot.device.type == "cpu"
        at_once = max(1, CELLS_AT_ONCE // _cells(known)) if on_cpu else len(part)
        for start in range(0, len(part), at_once):
            yield known, [patched for _, patched in part[start : start + at_once]]


def _cells(known: KnownWindow) -> int:
    assert isinstance(known.model, ConvolutionsFirst)
    return known.one_hot.shape[2] // known.model.grid_bp
