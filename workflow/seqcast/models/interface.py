"""What a model of each task offers, and the doors to models."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.models.architectures import architecture_of
from seqcast.models.convert import load_strictly
from seqcast.models.devices import choose_device
from seqcast.models.precision import use_precision, warn_of_slow_bf16
from seqcast.models.settings import PRECISIONS, checked_settings, read_settings

# methods that compute, by task, where a network has them; a precision holds for all of them
COMPUTING = {
    "coverage": ("forward", "convolve", "convolve_at", "finish", "remember", "finish_part"),
    "embedding": ("forward", "hidden_states", "remember", "resume"),
    "reads": ("forward",),
    "property": ("forward",),
}


class Architecture(Protocol):
    """How a class of networks makes one: untrained, or for a file of weights.

    ``task`` is "coverage", "reads", "embedding" or "property": which of the protocols below its
    networks keep.
    """

    task: str
    compat_options: tuple[str, ...]

    @classmethod
    def read_config(cls, params: Mapping[str, Any]) -> Any:
        """What the hyperparameters say, checked: no size in it is beyond its bounds."""

    @classmethod
    def from_params(cls, params: Mapping[str, Any], head: str | None, **compat: str) -> Any:
        """An untrained network of these hyperparameters."""

    @classmethod
    def from_weights(
        cls, path: Path, params: Mapping[str, Any], head: str | None, **compat: str
    ) -> tuple[Any, dict[str, Tensor]]:
        """A network that fits the file, and the file's tensors under the network's names."""

    def initialise(self) -> None:
        """Draw the weights that training starts from."""


class CoverageModel(Protocol):
    """Coverage of `tracks` in bins of `bin_size_bp` from one-hot DNA; a torch module.

    ``about`` is what the file of weights says of itself: ``tracks``, the identifiers of the outputs
    in their order, a list in JSON, if it says so.
    """

    training: bool
    about: dict[str, str]

    @property
    def window_length_bp(self) -> int: ...
    @property
    def bin_size_bp(self) -> int: ...
    @property
    def crop_bins(self) -> int: ...
    @property
    def tracks(self) -> int: ...

    def train(self, mode: bool = True) -> Any: ...
    def parameters(self) -> Iterator[torch.nn.Parameter]: ...
    def state_dict(self) -> dict[str, Tensor]: ...

    def __call__(self, one_hot: Tensor) -> Tensor:
        """``(batch, 4, length)`` one-hot to ``(batch, tracks, bins)``."""
        ...


class TrainableCoverageModel(CoverageModel, Protocol):
    """A coverage model that can be trained and fine-tuned: `models.coverage.CoverageArchitecture`.

    ``head`` is the member that turns features of bins into tracks: every other member is of the
    backbone, which ``with_head`` shares with a network of another head. ``regularisation`` is a
    scalar to add to the loss. The rest names the layers of the backbone that a fine-tuning changes,
    each in the order in which data meet them: ``projections`` are dense layers (of attention, those
    to queries and values; with `key_and_output` also those to keys and of the output),
    ``convolutions`` those without groups, ``adapters`` bottlenecks whose output is 0 at first.
    """

    head: torch.nn.Linear
    checkpoint_activations: bool

    def named_children(self) -> Iterator[tuple[str, torch.nn.Module]]: ...
    def initialise(self) -> None: ...
    def with_head(self, head: str) -> Any: ...
    def regularisation(self) -> Tensor: ...
    def projections(self, key_and_output: bool) -> Sequence[torch.nn.Module]: ...
    def convolutions(self) -> Sequence[torch.nn.Module]: ...
    def adapters(self) -> Sequence[torch.nn.Module]: ...


class ReadModel(Protocol):
    """Two logits, non-coding and coding, of each read; a torch module.

    ``token_nt`` bases make a token, ``tested_length_nt`` is the shortest read that its published
    numbers hold for, ``batch_nt`` the bases at once that suit a CPU.
    """

    training: bool
    classes: tuple[str, ...]
    compat: str | None
    tested_length_nt: int
    batch_nt: int

    @property
    def token_nt(self) -> int: ...
    @property
    def max_length_nt(self) -> int: ...
    @property
    def min_length_nt(self) -> int: ...

    def train(self, mode: bool = True) -> Any: ...
    def parameters(self) -> Iterator[torch.nn.Parameter]: ...
    def state_dict(self) -> dict[str, Tensor]: ...

    def tokenize(self, sequences: Sequence[str]) -> Tensor:
        """Reads to ``(batch, tokens)``; padding changes no logit."""
        ...

    def __call__(self, tokens: Tensor) -> Tensor:
        """``(batch, tokens)`` to ``(batch, 2)`` logits, in the order of `classes`."""
        ...


class EmbeddingModel(Protocol):
    """Features of each token of an RNA; a torch module, causal: no token sees a later one.

    ``codon_mark`` is the character that stands before each codon, None where the vocabulary has
    none; ``batch_tokens`` the tokens at once that suit a CPU; ``max_tokens`` the most that a
    sequence may have, its end token included; ``depth`` the number of blocks; ``resumes`` says
    whether what begins alike can be computed once, with ``remember`` and ``resume``.
    """

    training: bool
    compat: str | None
    codon_mark: str | None
    batch_tokens: int
    has_lm_head: bool

    @property
    def width(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...
    @property
    def resumes(self) -> bool: ...

    def train(self, mode: bool = True) -> Any: ...
    def parameters(self) -> Iterator[torch.nn.Parameter]: ...
    def state_dict(self) -> dict[str, Tensor]: ...

    def tokenize(self, sequences: Sequence[str]) -> Tensor:
        """RNAs to ``(batch, tokens)``, padded on the left, an end token last."""
        ...

    def real(self, tokens: Tensor) -> Tensor:
        """``(batch, tokens)`` bool: the nucleotides and codon-start tokens of the sequences."""
        ...

    def __call__(self, tokens: Tensor) -> Tensor:
        """``(batch, tokens)`` to ``(batch, tokens, width)``, after the last norm."""
        ...

    def hidden_states(self, tokens: Tensor, layers: Sequence[int]) -> list[Tensor]:
        """States ``(batch, tokens, width)`` before any block (0) or after block 1 to `depth`."""
        ...

    def remember(
        self, tokens: Tensor, places: Sequence[Sequence[int]]
    ) -> tuple[Tensor, list[dict[int, Any]]]:
        """The last of `hidden_states`; and for each row what follows its first tokens needs."""
        ...

    def resume(self, tokens: Tensor, prefixes: Sequence[Any]) -> Tensor:
        """The last of `hidden_states`, of tokens behind what `remember` gave for some others."""
        ...

    def states_in_data_set(
        self, tokens: Tensor, layers: Sequence[int], longest: int, several: bool
    ) -> list[Tensor]:
        """`hidden_states` of a part of a dataset; asked with compat "helical_pooling" alone."""
        ...

    def finish(self, state: Tensor) -> Tensor:
        """The last norm: the state after the last block to what the call returns."""
        ...

    def logits(self, features: Tensor) -> Tensor:
        """Features to ``(batch, tokens, vocabulary)``: what the next token is."""
        ...


class PropertyModel(Protocol):
    """Labels of mRNAs; a torch module.

    ``kind`` is "regression", "binary" or "multiclass"; ``outputs`` the labels of a regression, 1
    for binary, else the classes. ``codon_mark`` is the character to put before each codon, None
    where the model takes none; ``batch_tokens`` and ``max_tokens`` are those of `EmbeddingModel`.
    ``about`` is what the training wrote next to the weights: ``labels`` or ``classes``, lists in
    JSON, and numbers of rows.
    """

    training: bool
    compat: str | None
    kind: str
    outputs: int
    about: dict[str, str]

    @property
    def codon_mark(self) -> str | None: ...
    @property
    def batch_tokens(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...

    def train(self, mode: bool = True) -> Any: ...
    def parameters(self) -> Iterator[torch.nn.Parameter]: ...
    def state_dict(self) -> dict[str, Tensor]: ...

    def tokenize(self, sequences: Sequence[str]) -> Tensor:
        """RNAs, codon-start tokens set, to ``(batch, tokens)``."""
        ...

    def pooled(self, tokens: Tensor) -> Tensor:
        """``(batch, tokens)`` to ``(batch, features)``: what the head is given."""
        ...

    def __call__(self, tokens: Tensor) -> Tensor:
        """``(batch, tokens)`` to ``(batch, outputs)``: labels in their unit, or logits."""
        ...


@contextmanager
def evaluating(model: CoverageModel | EmbeddingModel | ReadModel) -> Iterator[torch.device]:
    """Evaluation mode for the block, and the mode before it afterwards; yields the device."""
    training = model.training
    model.train(False)
    try:
        yield next(model.parameters()).device
    finally:
        model.train(training)


def read_hyperparameters(
    hyperparameters: str | Path | Mapping[str, Any], architecture: str | None = None
) -> dict[str, Any]:
    """Content of a published params.json or config.json, or of a mapping that holds the same.

    Raises
    ------
    InputError
        If they are no JSON object; or, with `architecture`, if they are of none such.
    """
    kind = architecture_of(architecture) if architecture else None

    def parse(params: dict[str, Any]) -> dict[str, Any]:
        if kind is not None:
            kind.read_config(params)
        return params

    if isinstance(hyperparameters, Mapping):
        return parse(checked_settings(hyperparameters, "hyperparameters"))
    return read_settings(hyperparameters, "hyperparameters", parse)


def build_model(
    architecture: str,
    hyperparameters: Mapping[str, Any],
    head: str | None = None,
    compat: str | None = None,
) -> Any:
    """An untrained network of `architecture`, a torch module; see `load_model`."""
    kind = architecture_of(architecture)
    return kind.from_params(hyperparameters, head, **_compat(architecture, kind, compat))


def load_model(
    architecture: str,
    weights: str | Path,
    hyperparameters: str | Path | Mapping[str, Any],
    head: str | None = None,
    compat: str | None = None,
    device: str = "auto",
    precision: str = "fp32",
) -> Any:
    """Read a trained model.

    Parameters
    ----------
    architecture : str
        A key of `architectures.ARCHITECTURES`.
    weights : path
        A published file (Keras .h5; pytorch_model.bin; .safetensors), or safetensors written by
        `convert.write_safetensors`.
    hyperparameters : path or mapping
        The published params.json or config.json, or its content.
    head : str, optional
        Which head the file holds ("human", "mouse"), where an architecture has several. Default:
        the first whose number of outputs is that of the file.
    compat : str, optional
        Whose numbers to reproduce where the original program is wrong: "dnabert" for readseeker;
        "helical_cpu" or "helical_pooling" for helix_mrna.
        Borzuki's conventions belong to scoring (`ScoreOptions.compat`), not to its network.
    device : str
        "auto", "cpu", "cuda", "cuda:1".
    precision : {"fp32", "tf32", "bf16"}
        Arithmetic of matrix products; weights and outputs are float32. tf32 changes GPUs only.

    Returns
    -------
    CoverageModel, ReadModel, EmbeddingModel or PropertyModel
        A torch module in evaluation mode, on `device`; which of them is the architecture's task.

    Raises
    ------
    InputError
        If a tensor is missing, left over or of another shape (the first of each are named).
    """
    params = read_hyperparameters(hyperparameters, architecture)
    path = Path(weights)
    if not path.is_file():
        raise InputError(f"{path}: no such file of weights")
    if precision not in PRECISIONS:
        raise InputError(f"precision {precision!r}; expected one of {', '.join(PRECISIONS)}")
    kind = architecture_of(architecture)
    model, state = kind.from_weights(path, params, head, **_compat(architecture, kind, compat))
    load_strictly(model, state, path)
    target = choose_device(device)
    use_precision(precision, target)
    if precision == "bf16":
        warn_of_slow_bf16(target)
        for name in COMPUTING[kind.task]:
            if hasattr(model, name):
                compute = torch.autocast(target.type, torch.bfloat16)(getattr(model, name))
                setattr(model, name, compute)
    return model.eval().requires_grad_(False).to(target)


def _compat(architecture: str, kind: type["Architecture"], compat: str | None) -> dict[str, str]:
    """`compat` as the keyword of an architecture that knows it."""
    if compat is None:
        return {}
    if compat not in kind.compat_options:
        known = f"it has {', '.join(kind.compat_options)}" if kind.compat_options else "it has none"
        raise InputError(f"compat {compat!r}: architecture {architecture!r}: {known}")
    return {"compat": compat}
