"""Coverage networks that are trained: one backbone, and a head for each genome."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from seqcast.core.errors import InputError
from seqcast.models.architectures import architecture_of
from seqcast.models.convert import read_safetensors
from seqcast.models.coverage import HEAD
from seqcast.models.interface import build_model
from seqcast.training.task_options import TransferOptions
from seqcast.training.transfer import merged, prepare_trunk

logger = logging.getLogger(__name__)


class CoverageNetwork(nn.Module):
    """Coverage models that share all their members but the head.

    Parameters
    ----------
    networks : mapping of str to TrainableCoverageModel
        Head to the network that ends in it; the backbone of the others is that of the first.
    kept_in_evaluation : sequence of Module
        Parts of the backbone that `train` does not switch.
    """

    def __init__(
        self, networks: Mapping[str, Any], kept_in_evaluation: Sequence[nn.Module] = ()
    ) -> None:
        super().__init__()
        self.first = next(iter(networks))
        self.network = networks[self.first]
        self.heads = nn.ModuleDict({h: n.head for h, n in networks.items() if h != self.first})
        # in a list, which torch does not look into: their weights are registered once, above
        self._networks, self._kept = [dict(networks)], tuple(kept_in_evaluation)

    def of(self, head: str) -> Any:
        """The network that ends in `head`; the only one has any name."""
        networks = self._networks[0]
        return networks[head] if len(networks) > 1 else self.network

    def train(self, mode: bool = True) -> Self:
        """Switch all networks, but for the parts that stay in evaluation mode."""
        for network in self._networks[0].values():
            network.train(mode)
        super().train(mode)
        for part in self._kept:
            part.eval()
        return self

    def weights_of(self, head: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Tensors of the network that ends in `head`, low-rank terms merged, from a whole state."""
        return merged(self.parts_of(head, state))

    @property
    def trained(self) -> set[str]:
        """Names of the tensors that are trained, in the network of any head."""
        return {name for name, p in self.network.named_parameters() if p.requires_grad}

    def parts_of(self, head: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Tensors of the network that ends in `head`, with low-rank terms apart."""
        own = {n.removeprefix("network."): t for n, t in state.items() if n.startswith("network.")}
        if head == self.first:
            return own
        prefix = f"heads.{head}."
        for name, tensor in state.items():
            if name.startswith(prefix):
                own[f"{HEAD}.{name.removeprefix(prefix)}"] = tensor
        return own


def starting_network(
    architecture: str, params: Mapping[str, Any], heads: Sequence[str], seed: int,
    initial: str | Path | None = None, checkpoint_activations: bool = False,
    transfer: TransferOptions | None = None, tracks: Mapping[str, Sequence[str]] | None = None,
) -> CoverageNetwork:  # fmt: skip
    """A network ready to be trained, on the CPU.

    Parameters
    ----------
    architecture : str
        A key of `models.architectures.ARCHITECTURES` whose networks predict coverage.
    params : mapping
        Its hyperparameters.
    heads : sequence of str
        Names of heads of `params`.
    seed : int
        Of what is drawn, as the architecture's ``initialise`` does.
    initial : path, optional
        Weights to start from, as `models.interface.load_model` takes them: of the backbone, and of
        the head that the file names or that has as many outputs, unless the file says that they
        are of other tracks. Other heads are drawn.
    checkpoint_activations : bool
        See `models.coverage.CoverageArchitecture`.
    transfer : TransferOptions, optional
        What of the network is trained. Default: all of it.
    tracks : mapping, optional
        Head to the identifiers of what its outputs will learn. Default: not known.

    Raises
    ------
    InputError
        If a head is unknown, `initial` is of another backbone or missing for a `transfer`, or the
        network is none for it.
    """
    if transfer and initial is None:
        raise InputError(
            f"coverage.transfer.mode is {transfer.mode!r}, and there are no weights to start from; "
            "give a trained fold's as initial, or take transfer out of the recipe"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first = build_model(architecture, params, heads[0])
        first.initialise()
        first.checkpoint_activations = checkpoint_activations
        networks = {heads[0]: first, **{head: first.with_head(head) for head in heads[1:]}}
        if initial is not None:
            _start_from(Path(initial), architecture, params, networks, transfer, tracks or {})
        network = CoverageNetwork(networks, prepare_trunk(first, transfer) if transfer else ())
    parameters = list(network.parameters())
    logger.info(
        "trained parameters: %d of %d, %d of them of heads",
        sum(p.numel() for p in parameters if p.requires_grad), sum(p.numel() for p in parameters),
        sum(p.numel() for one in networks.values() for p in one.head.parameters()),
    )  # fmt: skip
    return network.train()


def _start_from(
    path: Path, architecture: str, params: Mapping[str, Any], networks: Mapping[str, Any],
    transfer: TransferOptions | None, tracks: Mapping[str, Sequence[str]],
) -> None:  # fmt: skip
    """Give the first network the backbone of a file, and a fitting one its head."""
    if not path.is_file():
        raise InputError(f"{path}: no such file of weights to start from")
    first = next(iter(networks.values()))
    # Keras' files come under our names; a head is chosen below, by what the file holds
    _, state = architecture_of(architecture).from_weights(path, params, None)
    own = {name: t for name, t in first.state_dict().items() if "num_batches" not in name}
    trunk = [name for name in own if not name.startswith(f"{HEAD}.")]
    adapters = _tensors_of(first, first.adapters())
    if transfer and transfer.mode == "houlsby" and adapters.isdisjoint(state):
        trunk = [name for name in trunk if name not in adapters]  # they stay as drawn
    missing = [name for name in trunk if name not in state]
    left_over = [n for n in state if n not in own and "num_batches" not in n]
    shapes = [
        f"{name} is {tuple(state[name].shape)}, expected {tuple(own[name].shape)}"
        for name in trunk if name in state and state[name].shape != own[name].shape
    ]  # fmt: skip
    if missing or left_over or shapes:
        raise InputError(
            f"{path} cannot start this training: its tensors are of another network: "
            f"{len(missing)} missing {missing[:3]}, {len(left_over)} left over {left_over[:3]}, "
            f"{len(shapes)} of another shape {shapes[:3]}; give weights of the hyperparameters' "
            "architecture as initial, or leave it empty to draw all weights"
        )
    first.load_state_dict({name: state[name] for name in trunk}, strict=False)
    head = {n.removeprefix(f"{HEAD}."): t for n, t in state.items() if n.startswith(f"{HEAD}.")}
    drawn_anew = transfer is not None and transfer.new_head
    chosen = "" if drawn_anew else _fitting(head, path, networks, tracks)
    if chosen:
        networks[chosen].head.load_state_dict(head)
    drawn = [name for name in networks if name != chosen]
    taken = f"and head {chosen}" if chosen else "without its head"
    random = ", ".join(drawn) or "none"
    logger.info("%s: took the backbone %s; randomly initialised heads: %s", path, taken, random)


def _tensors_of(network: nn.Module, parts: Sequence[nn.Module]) -> set[str]:
    """Names that the tensors of some parts have in a network's state."""
    return {
        f"{name}.{tensor}"
        for name, part in network.named_modules()
        if any(part is one for one in parts)
        for tensor in part.state_dict()
    }


def _fitting(
    head: Mapping[str, Tensor], path: Path, networks: Mapping[str, Any],
    tracks: Mapping[str, Sequence[str]],
) -> str:  # fmt: skip
    """The first network whose head has these shapes; our own files say the name and the tracks."""
    said = read_safetensors(path)[1] if path.suffix == ".safetensors" else {}

    def shapes(tensors: Iterable[tuple[str, Tensor]]) -> dict[str, tuple[int, ...]]:
        return {name: tuple(tensor.shape) for name, tensor in tensors}

    fitting = [
        name for name, network in networks.items()
        if shapes(network.head.state_dict().items()) == shapes(head.items())
    ]  # fmt: skip
    if said.get("head") in networks:
        fitting = [name for name in fitting if name == said["head"]]
    learned = json.loads(said.get("tracks", "null"))
    others = [name for name in fitting if learned and list(tracks.get(name, learned)) != learned]
    if others:
        logger.warning("%s: its head is not taken, as %s learns other tracks", path, others[0])
    fitting = [name for name in fitting if name not in others]
    return fitting[0] if fitting else ""
