"""What networks of coverage share: heads, files of weights, layers that fine-tuning may change."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn

from seqcast.core.errors import InputError
from seqcast.models.convert import read_safetensors
from seqcast.models.layers import Network

HEAD = "head"  # the member that is the head; all the others are the backbone
TOLD = ("tracks",)  # of what the metadata of our own files say


class Wanted(NamedTuple):
    """Which part of a predicted coverage is needed.

    Attributes
    ----------
    runs : tuple of (int, int), optional
        Output bins, half-open, in ascending order and apart. None: all of them.
    channels : Tensor, shape=(n,), int64, optional
        Outputs of the network. None: all of them.
    """

    runs: tuple[tuple[int, int], ...] | None = None
    channels: Tensor | None = None

    @classmethod
    def of_bins(cls, bins: Iterable[int], channels: Tensor | None = None) -> Self:
        """The runs of single bins, which may be repeated and in any order."""
        places = np.unique(np.fromiter(bins, dtype=np.int64))
        parts = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
        runs = tuple((int(part[0]), int(part[-1]) + 1) for part in parts if len(part))
        return cls(runs, channels)

    def bins(self, n: int) -> Tensor:
        """The wanted ones of `n` output bins, ascending; int64."""
        runs = ((0, n),) if self.runs is None else self.runs
        return torch.cat([torch.arange(*run) for run in ((0, 0), *runs)])

    def spread(self, coverage: Tensor, tracks: int, n: int) -> Tensor:
        """What is wanted of ``(batch, tracks, n)``, in its place; NaN, no number, elsewhere.

        Parameters
        ----------
        coverage : Tensor, shape=(batch, wanted channels, wanted bins)
        tracks, n : int
            Of the whole.
        """
        if coverage.shape[1:] == (tracks, n) and self.channels is None:
            return coverage
        whole = coverage.new_full((len(coverage), tracks, n), torch.nan)
        bins = self.bins(n).to(coverage.device)
        if self.channels is None:
            whole[:, :, bins] = coverage
        else:
            whole[:, self.channels.to(coverage.device)[:, None], bins] = coverage
        return whole

    def mask(self, coverage: Tensor) -> Tensor:
        """``(batch, tracks, bins)`` with NaN for what is not wanted."""
        tracks, n = coverage.shape[1:]
        part = coverage[:, :, self.bins(n).to(coverage.device)]
        if self.channels is not None:
            part = part[:, self.channels.to(coverage.device)]
        return self.spread(part, tracks, n)


class ChangedCells(NamedTuple):
    """Where each of a batch of windows may differ from a known one, in cells of the grid.

    Attributes
    ----------
    first : tuple of int
        First cell, for each window.
    cells : int
        Their number, the same for all windows; 0 where nothing differs.
    """

    first: tuple[int, ...]
    cells: int


class CoverageArchitecture(Network):
    """An `interface.TrainableCoverageModel`, but for its layers.

    An architecture gives `config_class`, sets the modules of its backbone and ``head`` in its
    ``__init__``, and defines `forward` and `initialise`. What it learns is in modules, none of it
    in parameters of its own; buffers it may have.

    Parameters
    ----------
    config : object
        Of `config_class`; ``shape`` is its `architectures.CoverageShape`.
    head : str
        Which of the heads the network ends in.

    Attributes
    ----------
    head : Linear
        One output a track.
    checkpoint_activations : bool
        Under autograd, compute activations again in backward to save memory, where an architecture
        can. Gradients stay the same.
    about : dict
        Those of `TOLD` that the file of weights has. ``tracks``: identifiers of the outputs in
        their order, a list in JSON.
    """

    task = "coverage"
    compat_options: ClassVar[tuple[str, ...]] = ()
    config_class: ClassVar[Any]
    head: nn.Linear

    def __init__(self, config: Any, head: str) -> None:
        super().__init__()
        if head not in config.shape.heads:
            raise InputError(f"head {head!r} is not in the hyperparameters; they have "
                             f"{', '.join(config.shape.heads)}")  # fmt: skip
        self.config, self.head_name = config, head
        self.checkpoint_activations = False
        self.about: dict[str, str] = {}

    @classmethod
    def read_config(cls, params: Mapping[str, Any]) -> Any:
        """What the hyperparameters say, checked."""
        return cls.config_class.from_params(params)

    @classmethod
    def from_params(cls, params: Mapping[str, Any], head: str | None = None) -> Self:
        """An untrained network that ends in `head`, the first one by default."""
        config = cls.read_config(params)
        return cls(config, head or next(iter(config.shape.heads)))

    @classmethod
    def from_weights(
        cls, path: Path, params: Mapping[str, Any], head: str | None
    ) -> tuple[Self, dict[str, Tensor]]:
        """A network for the weights of `path`, and their tensors.

        Without `head`, the first head that has as many outputs as the file.
        """
        model = cls.from_params(params, head)
        state, told = model.read_weights(path)
        outputs = len(state["head.bias"]) if "head.bias" in state else model.tracks
        fitting = [name for name, units in model.config.shape.heads.items() if units == outputs]
        if not head and fitting and model.tracks != outputs:
            model = cls(model.config, fitting[0])
        model.about = {name: told[name] for name in TOLD if name in told}
        return model, state

    def read_weights(self, path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
        """Tensors of a file under the names of this network, and the file's metadata."""
        return read_safetensors(path)

    def initialise_head(self) -> None:
        """Draw those of the head alone."""
        self.head.reset_parameters()

    def regularisation(self) -> Tensor:
        """A scalar to add to the loss of a training; 0 unless an architecture has one."""
        return self.head.weight.new_zeros(())

    def projections(self, key_and_output: bool) -> Sequence[nn.Module]:
        """Dense layers to which modes lora and locon give low-rank terms; see the protocol."""
        return ()

    def convolutions(self) -> Sequence[nn.Module]:
        """Convolutions to which mode locon gives low-rank terms; see the protocol."""
        return ()

    def adapters(self) -> Sequence[nn.Module]:
        """Bottleneck adapters, which mode houlsby trains."""
        return ()

    def with_head(self, head: str) -> Self:
        """A network that shares this one's backbone, tensor by tensor, and ends in another head.

        Training either trains the backbone of both. The new head is randomly initialised.

        Raises
        ------
        InputError
            If the hyperparameters have no such head.
        """
        with torch.device("meta"):
            other = type(self)(self.config, head)
        for name, part in self.named_children():
            if name != HEAD:
                setattr(other, name, part)
        other._buffers = self._buffers  # the mapping: so that both follow when one is moved
        other.head = other.head.to(self.head.weight.dtype).to_empty(device=self.head.weight.device)
        other.initialise_head()
        other.checkpoint_activations = self.checkpoint_activations
        return other.train(self.training)

    @property
    def window_length_bp(self) -> int:
        """Length of the input the network was made for."""
        return self.config.shape.window_length_bp

    @property
    def bin_size_bp(self) -> int:
        """Base pairs an output bin covers."""
        return self.config.shape.bin_size_bp

    @property
    def crop_bins(self) -> int:
        """Bins at each side of the window that have no prediction."""
        return self.config.shape.crop_bins

    @property
    def tracks(self) -> int:
        """Number of outputs a bin."""
        return self.head.out_features


class ConvolutionsFirst(CoverageArchitecture):
    """A network whose first part sees only the bases around a position, and so can be reused.

    An architecture defines the two parts of its `forward`, `convolve` and `finish`, and says how
    far the first one sees; `convolution_patches` then computes it for the edited part of a window
    alone. In evaluation mode, `convolve` has to

    - take any length that `grid_bp` divides, and treat both ends of it alike, by zeros;
    - give the same values for the same bases wherever on the grid the window starts, but for
      positions within `reach_bp` of an end.
    """

    @property
    @abstractmethod
    def grid_bp(self) -> int:
        """Base pairs of a cell of the grid, for which `convolve` gives whole positions."""

    @property
    @abstractmethod
    def reach_bp(self) -> int:
        """What `convolve` gives for a cell depends on its bases, and so many on either side."""

    @abstractmethod
    def convolve(self, one_hot: Tensor) -> tuple[Tensor, ...]:
        """Activations that `finish` takes, at one or several resolutions.

        Parameters
        ----------
        one_hot : Tensor, shape=(batch, 4, length)

        Returns
        -------
        tuple of Tensor, shape=(batch, positions, channels)
        """

    def convolve_at(
        self, one_hot: Tensor, places: Sequence[tuple[int, int]]
    ) -> list[tuple[Tensor, ...]]:
        """Activations of runs of cells that start at any bases of one sequence.

        An architecture may compute at once what several of them have in common.

        Parameters
        ----------
        one_hot : Tensor, shape=(1, 4, length)
        places : sequence of (int, int)
            First base of each run, and its number of cells. On either side of a run the sequence
            has `reach_bp` and `grid_bp` more bases, or more.

        Returns
        -------
        list of tuple of Tensor, shape=(1, positions, channels)
        """
        grid, margin = self.grid_bp, -(-self.reach_bp // self.grid_bp)
        runs = []
        for start, cells in places:
            slot = one_hot[..., start - margin * grid : start + (cells + margin) * grid]
            levels = [y.unflatten(1, (cells + 2 * margin, -1)) for y in self.convolve(slot)]
            runs.append(tuple(y[:, margin : margin + cells].flatten(1, 2) for y in levels))
        return runs

    @abstractmethod
    def finish(self, convolved: tuple[Tensor, ...]) -> Tensor:
        """Coverage ``(batch, tracks, bins)`` from what `convolve` gave for a whole window."""

    def remember(self, convolved: tuple[Tensor, ...]) -> Any:
        """What `finish_part` can use of a known window, ``(1, positions, channels)``.

        None, unless an architecture has something; memory for one window.
        """
        return None

    def finish_part(
        self,
        convolved: tuple[Tensor, ...],
        wanted: Wanted,
        remembered: Any = None,
        changed: ChangedCells | None = None,
    ) -> Tensor:
        """As `finish`, with NaN for what is not wanted.

        An architecture may compute less than all of it.

        Parameters
        ----------
        convolved : tuple of Tensor, shape=(batch, positions, channels)
        wanted : Wanted
        remembered : object, optional
            What `remember` gave for a known window.
        changed : ChangedCells, optional
            Where the windows may differ from it; anywhere by default.
        """
        return wanted.mask(self.finish(convolved))

    def forward(self, one_hot: Tensor) -> Tensor:
        """Predict coverage.

        Parameters
        ----------
        one_hot : Tensor, shape=(batch, 4, length)
            Channels A, C, G, T; a length that `grid_bp` divides.

        Returns
        -------
        Tensor, shape=(batch, tracks, bins)
        """
        return self.finish(self.convolve(one_hot))
