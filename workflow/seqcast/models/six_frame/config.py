"""Shape of a SixFrame network: every size by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, ClassVar, Self

from seqcast.core.errors import InputError
from seqcast.models.settings import (
    LARGEST_LENGTH,
    LARGEST_REPEAT,
    LARGEST_WIDTH,
    require,
    require_number,
    require_size,
    require_weights,
)


@dataclass(frozen=True)
class SixFrameConfig:
    """Sizes of the network, under the names of its JSON file.

    Parameters
    ----------
    codon_channels : int
        Size of the vector of a codon.
    convolution_channels, convolution_kernels_codons : list of int
        Output channels and width of each convolution, first to last; widths are odd.
    frame_channels : int
        Hidden units of a frame.
    gc_channels : int
        Hidden units between the GC content and the codon vectors.
    dropout : float
        Fraction of the hidden units of a frame that a training step leaves out.
    min_length_nt, max_length_nt : int
        Shortest read that is scored, and longest one that is scored in one piece.
    """

    task: ClassVar[str] = "reads"
    codon_channels: int
    convolution_channels: tuple[int, ...]
    convolution_kernels_codons: tuple[int, ...]
    frame_channels: int
    gc_channels: int
    dropout: float
    min_length_nt: int
    max_length_nt: int

    def __post_init__(self) -> None:
        kernels = self.convolution_kernels_codons
        if not kernels or len(kernels) != len(self.convolution_channels):
            raise InputError(
                f"convolution_channels {list(self.convolution_channels)} and "
                f"convolution_kernels_codons {list(kernels)}: expected two lists of one length"
            )
        if even := [width for width in kernels if width % 2 == 0]:
            raise InputError(f"convolution_kernels_codons holds {even[0]}; expected odd widths")
        require_number("dropout", self.dropout, "a share in [0, 1)", lambda n: 0 <= n < 1)
        if not 3 <= self.min_length_nt <= self.max_length_nt:
            raise InputError(
                f"min_length_nt {self.min_length_nt} and max_length_nt {self.max_length_nt}: "
                "expected a codon (3) or more, the shortest first"
            )

        require_weights(self.sizes())

    def sizes(self) -> Iterator[int]:
        """Weights of the map to codon vectors, of the convolutions and of the frames."""
        widths = [self.codon_channels, *self.convolution_channels]
        yield 2 * self.codon_channels * self.gc_channels
        for (before, after), kernel in zip(
            pairwise(widths), self.convolution_kernels_codons, strict=True
        ):
            yield before * after * kernel
        yield self.frame_channels * (2 * widths[-1] + 6 * self.frame_channels)

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Read the content of the JSON file.

        Raises
        ------
        InputError
            If a key is unknown or missing, or a size is no whole number above 0.
        """
        known = [field.name for field in fields(cls)]
        if unknown := sorted(params.keys() - set(known)):
            raise InputError(f"unknown key {unknown[0]!r} in the hyperparameters of a six_frame "
                             f"network; known: {', '.join(known)}")  # fmt: skip
        if missing := [name for name in known if name not in params]:
            raise InputError(f"the hyperparameters of a six_frame network lack {missing[0]!r}")
        sizes = {name: _size(name, params[name]) for name in known if name != "dropout"}
        return cls(dropout=params["dropout"], **sizes)


def _size(name: str, given: Any) -> Any:
    """A size, or the sizes of the convolutions, checked."""
    if not name.startswith("convolution"):
        require_size(name, given, LARGEST_LENGTH if name.endswith("_nt") else LARGEST_WIDTH)
        return given
    good = isinstance(given, list | tuple) and len(given) <= LARGEST_REPEAT
    require(good, name, given, f"a list of at most {LARGEST_REPEAT} whole numbers above 0")
    for number, size in enumerate(given):
        require_size(f"{name}[{number}]", size)
    return tuple(given)
