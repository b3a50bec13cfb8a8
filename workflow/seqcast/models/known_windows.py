"""Prediction of edited windows from what is known of the windows that they were edited from.

`know` computes a window once; `predict_edited` then gives the coverage of its alleles, with the
numbers that the network itself gives for them but for rounding. What can be reused depends on the
architecture; with one that reuses nothing every allele is predicted plainly.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from seqcast.models.convolution_patches import Convolved, Patch, convolve, patch, splice
from seqcast.models.coverage import ConvolutionsFirst, Wanted
from seqcast.models.interface import CoverageModel

CELLS_AT_ONCE = 1 << 12  # of the grid of alleles finished together on a CPU, for its cache


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


class KnownWindow(NamedTuple):
    """A window, ``(1, 4, length)``, and what was computed of it; see `know`."""

    model: CoverageModel
    one_hot: Tensor
    convolved: Convolved | None
    reuse: Reuse

    def coverage(self, wanted: Wanted | None = None) -> Tensor:
        """Coverage ``(1, tracks, bins)`` of the window; NaN where `wanted` does not want it."""
        if self.convolved is None:
            return _plainly(self.model, self.one_hot, wanted)
        assert isinstance(self.model, ConvolutionsFirst)
        return (wanted or Wanted()).mask(self.model.finish(self.convolved.activations))


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
    right = right or left
    if left.convolved is None or right.convolved is None or not len(alleles):
        return _plainly(model, alleles, wanted)
    assert isinstance(model, ConvolutionsFirst)
    patches = patch(model, alleles, left.convolved, right.convolved)
    parts = [
        (wanted or Wanted()).mask(model.finish(splice(part)))
        for part in _finished_together(model, patches, alleles)
    ]
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _plainly(model: CoverageModel, windows: Tensor, wanted: Wanted | None) -> Tensor:
    """What the network gives for whole windows."""
    return (wanted or Wanted()).mask(model(windows))


def _finished_together(
    model: ConvolutionsFirst, patches: list[Patch], alleles: Tensor
) -> Iterator[list[Patch]]:
    """Parts of a batch: all of it on a GPU, few enough for the cache on a CPU."""
    cells = alleles.shape[2] // model.grid_bp
    at_once = len(patches) if alleles.device.type != "cpu" else max(1, CELLS_AT_ONCE // cells)
    for start in range(0, len(patches), at_once):
        yield patches[start : start + at_once]
