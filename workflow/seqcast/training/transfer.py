"""Fine-tuning: which tensors of a backbone are trained, or are given a small term that is.

As baskerville's ``transfer.py`` and ``adapters.py`` (544073b): of the backbone, nothing but what a
mode names is trained; batch normalisations keep their statistics but in mode ``full``, dropout
acts as in any training.
In mode ``linear`` dropout of the backbone is off too, where the original leaves it on: features of
a window are then the same each time.

A low-rank term (arXiv:2106.09685; of a convolution, LyCORIS' LoCon, arXiv:2309.14859) is a
parametrisation of its weight, so that the network in training computes what it does with the terms
added in; `merged` adds them in. The L2 penalty, where the hyperparameters have one, is of that sum,
as in a full fine-tuning; the original penalises no term.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from seqcast.core.errors import InputError
from seqcast.models.coverage import HEAD
from seqcast.models.interface import TrainableCoverageModel
from seqcast.training.task_options import TransferOptions

PARTS = ("down", "up", "scale")  # of a low-rank term, in a state
TERM = ".parametrizations.weight.0."  # behind the layer's name, before one of them
ORIGINAL = ".parametrizations.weight.original"  # behind it: the weight without the term


class LowRank(nn.Module):
    """A weight ``(out, ...)`` with a term of rank `rank`, which is 0 at first.

    Parameters
    ----------
    weight : Tensor
        Of a dense layer, or of a convolution without groups.
    rank : int
    alpha : float
        The term is multiplied by ``alpha / rank``.
    """

    def __init__(self, weight: Tensor, rank: int, alpha: float) -> None:
        super().__init__()
        self.down = nn.Parameter(weight.new_empty(rank, *weight.shape[1:]))
        self.up = nn.Parameter(weight.new_zeros(len(weight), rank))
        self.scale: Tensor
        self.register_buffer("scale", weight.new_tensor(alpha / rank))
        nn.init.kaiming_uniform_(self.down, nonlinearity="relu")  # Keras' HeUniform

    def forward(self, weight: Tensor) -> Tensor:
        return _with_term(weight, self.down, self.up, self.scale)


def _with_term(weight: Tensor, down: Tensor, up: Tensor, scale: Tensor) -> Tensor:
    with torch.autocast(weight.device.type, enabled=False):  # bf16 would round the weight's change
        return weight + scale * (up @ down.flatten(1)).view_as(weight)


def merged(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state whose low-rank terms are added to their weights: one of the plain network."""
    plain = {}
    for name, tensor in state.items():
        layer, low_rank, part = name.partition(".parametrizations.weight.")
        if not low_rank:
            plain[name] = tensor
        elif part == "original":
            term = (state[f"{layer}{low_rank}0.{name}"] for name in PARTS)
            plain[f"{layer}.weight"] = _with_term(tensor, *term)
    return plain


def prepare_trunk(network: TrainableCoverageModel, options: TransferOptions) -> list[nn.Module]:
    """Give gradients to what a mode trains, and to nothing else of the backbone.

    Parameters
    ----------
    network : TrainableCoverageModel
        With the weights to start from; low-rank terms are added to the layers that it names, drawn
        by torch's generator. What it computes stays the same.
    options : TransferOptions

    Returns
    -------
    list of Module
        What has to stay in evaluation mode while the network trains.

    Raises
    ------
    InputError
        If the backbone has not what the mode is about, or a rank is above that of the weight.
    """
    if options.mode == "full":
        return []
    trunk = nn.ModuleList(part for name, part in network.named_children() if name != HEAD)
    trunk.requires_grad_(False)
    if options.mode == "linear":
        return [trunk]
    if options.mode == "houlsby":
        _free_adapters(network, trunk)
    else:
        _add_terms(network.projections(options.key_and_output), "projections", "rank",
                   options.rank, options.alpha)  # fmt: skip
    if options.mode == "locon":
        _add_terms(_convolutions(network, options.convs), "convolutions", "conv_rank",
                   options.conv_rank, options.conv_alpha)  # fmt: skip
    return [part for part in trunk.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]


def _free_adapters(network: TrainableCoverageModel, trunk: nn.Module) -> None:
    adapters = network.adapters()
    if not adapters:
        raise InputError(
            "coverage.transfer.mode is 'houlsby', and the network has no adapters: they cannot be "
            "merged into its weights, so the hyperparameters name them; for borzuki add 'adapter': "
            "'houlsby' and 'adapter_latent': 8 to their section model"
        )
    norms = [part for part in trunk.modules() if isinstance(part, nn.LayerNorm)]
    for part in (*adapters, *norms):
        part.requires_grad_(True)


def _convolutions(network: TrainableCoverageModel, last: int) -> Sequence[nn.Module]:
    """The last convolutions; of all, the first is trained itself and not among them."""
    found = network.convolutions()
    if last > len(found):
        raise InputError(
            f"coverage.transfer.convs is {last}; expected at most {len(found)}, the convolutions "
            "of this network"
        )
    if last < len(found):
        return found[-last:]
    found[0].requires_grad_(True)
    return found[1:]


def _add_terms(
    layers: Sequence[nn.Module], kind: str, setting: str, rank: int, alpha: float
) -> None:
    if not layers:
        raise InputError(f"the network names no {kind} to give low-rank terms to; choose another "
                         "coverage.transfer.mode")  # fmt: skip
    for layer in layers:
        weight = layer.weight
        assert isinstance(weight, Tensor)
        if rank > (largest := min(len(weight), weight[0].numel())):
            raise InputError(
                f"coverage.transfer.{setting} is {rank}; expected at most {largest}, the rank of "
                f"a weight of shape {tuple(weight.shape)}"
            )
        parametrize.register_parametrization(layer, "weight", LowRank(weight, rank, alpha))
