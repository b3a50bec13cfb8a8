"""MrnaProperty: labels of mRNAs from the features of a language model of mRNA.

In the order the data meet the parts:

    body         tokens to features, any EmbeddingModel          (batch, tokens, width)
    pooling      last token, mean over the sequence's tokens     (batch, poolings * width)
    head         dropout and a linear map, or an mlp             (batch, outputs)
    label scale  standard deviations to the labels' unit         (batch, outputs)

The form is that of helical's fine-tuning model (helicalAI/helical, commit 0a3d870,
HelixmRNAFineTuningModel: last and mean side by side, dropout 0.02, one linear map), with the
pooling that it means: there, last is the last but one token of the longest sequences of a batch,
and the mean leaves out the first token, takes in the end token and divides by another number.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.core.errors import InputError
from seqcast.models.architectures import architecture_of
from seqcast.models.convert import read_safetensors, read_tensors
from seqcast.models.interface import build_model, load_model, read_hyperparameters
from seqcast.models.layers import Network
from seqcast.models.mrna_property.config import HeadConfig, MrnaPropertyConfig

# What a training writes next to the weights that concerns those who use them.
TOLD = ("property", "labels", "classes", "train_rows", "train_rows_with_cds")
LM_HEAD = "lm_head"
BODY, HEAD = "body.", "head."


class PropertyHead(nn.Module):
    """Pooled features ``(batch, features)`` to ``(batch, outputs)``."""

    feature_mean: Tensor  # (features,), where they are standardised, as the next
    feature_sd: Tensor

    def __init__(self, features: int, outputs: int, config: HeadConfig) -> None:
        super().__init__()
        self.dropout = nn.Dropout(config.dropout)
        self.hidden = nn.Linear(features, config.hidden) if config.kind == "mlp" else None
        self.output = nn.Linear(config.hidden if self.hidden else features, outputs)
        self.standardise = config.standardise
        if config.standardise:
            self.register_buffer("feature_mean", torch.zeros(features))
            self.register_buffer("feature_sd", torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        x = self.dropout((x - self.feature_mean) / self.feature_sd if self.standardise else x)
        if self.hidden is not None:
            x = self.dropout(F.gelu(self.hidden(x)))
        return self.output(x)


class MrnaProperty(Network):
    """A `PropertyModel`.

    Parameters
    ----------
    config : MrnaPropertyConfig
        With `kind` and `outputs`.
    body : EmbeddingModel
        Its head of the language model, if it has one, is taken off.

    Attributes
    ----------
    about : dict
        Those of `TOLD` that the file of weights has; labels and classes are lists in JSON.
    """

    label_mean: Tensor  # (outputs,), of a regression alone, as the next
    label_sd: Tensor
    task = MrnaPropertyConfig.task
    compat: str | None = None
    compat_options: tuple[str, ...] = ()

    def __init__(self, config: MrnaPropertyConfig, body: Any) -> None:
        super().__init__()
        assert config.kind is not None
        assert config.outputs is not None
        if hasattr(body, LM_HEAD):
            delattr(body, LM_HEAD)
            body.has_lm_head = False
        self.config, self.body = config, body
        self.about: dict[str, str] = {}
        self.kind, self.outputs = config.kind, config.outputs
        self.head = PropertyHead(len(config.pooling) * body.width, config.outputs, config.head)
        if self.kind == "regression":
            self.register_buffer("label_mean", torch.zeros(config.outputs))
            self.register_buffer("label_sd", torch.ones(config.outputs))

    @classmethod
    def read_config(cls, params: Mapping[str, Any]) -> MrnaPropertyConfig:
        """What the file says, its body's hyperparameters checked too."""
        given = {key: value for key, value in params.items() if value is not None}
        config = MrnaPropertyConfig.from_params(given)
        if architecture_of(config.architecture).task != "embedding":
            raise InputError(
                f"architecture {config.architecture!r} gives no embeddings; expected one of task "
                "embedding, such as helix_mrna, as the body of an mrna_property network"
            )
        read_hyperparameters(config.config, config.architecture)
        return config

    @classmethod
    def from_params(cls, params: Mapping[str, Any], head: str | None = None) -> Self:
        """An untrained network; without ``kind`` and ``outputs``, a regression of one label.

        Raises
        ------
        InputError
            If `MrnaPropertyConfig` or the body refuses the hyperparameters, the body's
            architecture gives no embeddings, or `head` is not empty.
        """
        if head:
            raise InputError(f"head {head!r}: mrna_property has one output, leave the head empty")
        given = {"kind": "regression", **{k: v for k, v in params.items() if v is not None}}
        config = cls.read_config({"outputs": 1, **given})
        body = read_hyperparameters(config.config)
        return cls(config, build_model(config.architecture, body))

    @classmethod
    def from_weights(
        cls, path: Path, params: Mapping[str, Any], head: str | None = None
    ) -> tuple[Self, dict[str, Tensor]]:
        """A network for the weights of `path` (safetensors), and their tensors.

        Raises
        ------
        InputError
            As `from_params`; or if the hyperparameters name another kind or number of outputs.
        """
        state, told = read_safetensors(path)
        found = _kind_of(state, path)
        for key, value in found.items():
            if params.get(key) not in (None, value):
                raise InputError(
                    f"{path}: {key} is {value}, the hyperparameters say {params[key]}; use those "
                    "that belong to these weights, or leave the key out"
                )
        model = cls.from_params({**params, **found}, head)
        model.about = {name: told[name] for name in TOLD if name in told}
        return model, state

    def hub_state(self) -> dict[str, Tensor]:
        """All tensors, those of the body below ``body.``."""
        return {name: tensor.clone() for name, tensor in self.state_dict().items()}

    def hub_files(self, params: Mapping[str, Any]) -> dict[str, str]:
        """The hyperparameters with the body's written out, and what the training told."""
        found = {**params, "kind": self.kind, "outputs": self.outputs,
                 "config": read_hyperparameters(self.config.config), **self.about}  # fmt: skip
        return {"config.json": json.dumps(found, indent=1)}

    @property
    def codon_mark(self) -> str | None:
        """The character that marks codons, None where this network takes none."""
        return self.body.codon_mark if self.config.codon_marks else None

    @property
    def batch_tokens(self) -> int:
        """Tokens at once that suit a CPU."""
        return self.body.batch_tokens

    @property
    def max_tokens(self) -> int:
        """Most tokens of a sequence, its end token included."""
        return self.body.max_tokens

    def initialise(self) -> None:
        """Draw the weights of body and head, as each is drawn."""
        self.body.initialise()
        for module in self.head.modules():
            if isinstance(module, nn.Linear):
                module.reset_parameters()

    def load_body(self, path: Path) -> None:
        """Take the body's weights from a file of its own architecture, which may hold more.

        A language-model head in it is left out.

        Raises
        ------
        InputError
            As `load_model`.
        """
        given = load_model(
            self.config.architecture, path, read_hyperparameters(self.config.config), device="cpu"
        )
        state = {k: v for k, v in given.state_dict().items() if not k.startswith(f"{LM_HEAD}.")}
        self.body.load_state_dict(state)

    @staticmethod
    def is_whole(path: Path) -> bool:
        """Whether a file holds a body and a head, as this network names them, not only a body."""
        return any(name.startswith(BODY) for name in read_tensors(path))

    def scale_labels(self, labels: Tensor) -> None:
        """Keep mean and standard deviation of the training labels ``(rows, outputs)``."""
        self.label_mean.copy_(labels.mean(dim=0))
        self.label_sd.copy_(labels.std(dim=0, correction=0))

    def scale_features(self, pooled: Tensor) -> None:
        """Keep mean and standard deviation of pooled features ``(rows, features)``.

        Those that are the same in all rows keep their size.
        """
        spread = pooled.std(dim=0, correction=0)
        self.head.feature_mean.copy_(pooled.mean(dim=0))
        self.head.feature_sd.copy_(torch.where(spread > 0, spread, 1))

    def freeze(self, trainable_blocks: int | None, train_norm: bool) -> None:
        """Say what a training changes: the head, and of the body the last blocks.

        Parameters
        ----------
        trainable_blocks : int, optional
            0: none. None: all of the body, embeddings and final norm included.
        train_norm : bool
            Whether the final norm is trained in addition to the last blocks.

        Raises
        ------
        InputError
            If the body has fewer blocks.
        """
        if trainable_blocks is None:
            self.requires_grad_(True)
            return
        if trainable_blocks > self.body.depth:
            raise InputError(
                f"trainable_blocks is {trainable_blocks}, but the body has {self.body.depth} "
                'blocks; take no more, or "all" to train the embeddings too'
            )
        self.body.requires_grad_(False)
        for block in self.body.layers[self.body.depth - trainable_blocks :]:
            block.requires_grad_(True)
        self.body.norm_f.requires_grad_(train_norm)
        self.head.requires_grad_(True)

    def tokenize(self, sequences: Sequence[str]) -> Tensor:
        """Token ids ``(batch, tokens)``; codon-start tokens must be set already."""
        return self.body.tokenize(sequences)

    def pooled(self, tokens: Tensor) -> Tensor:
        """Features of whole sequences, ``(batch, poolings * width)``."""
        features = self.body(tokens).float()
        real = self.body.real(tokens)
        # the end token is the last of a row, and the sequence ends before it; no sequences have one
        parts = {"last": features[:, -2:][:, 0]}
        count = real.sum(1, keepdim=True).clamp(min=1)
        parts["mean"] = torch.where(real[..., None], features, 0).sum(1) / count
        return torch.cat([parts[name] for name in self.config.pooling], dim=1)

    def standardised(self, pooled: Tensor) -> Tensor:
        """Labels in standard deviations from their mean, or logits: ``(batch, outputs)``."""
        return self.head(pooled).float()

    def forward(self, tokens: Tensor) -> Tensor:
        """Labels of a regression in their unit; the logit of the second class; or those of all.

        Returns
        -------
        Tensor of float32, shape=(batch, outputs)
        """
        found = self.standardised(self.pooled(tokens))
        if self.kind == "regression":
            return torch.addcmul(self.label_mean, found, self.label_sd)
        return found


def _kind_of(state: Mapping[str, Tensor], path: Path) -> dict[str, Any]:
    """Kind and number of outputs of a file of weights."""
    weight = state.get(f"{HEAD}output.weight")
    if weight is None:
        raise InputError(
            f"{path}: no tensor {HEAD}output.weight; expected weights of a fine-tuned model. To "
            "start a training from those of a body, name them as initial in trainings.tsv"
        )
    outputs = len(weight)
    if "label_mean" in state:
        return {"kind": "regression", "outputs": outputs}
    return {"kind": "binary" if outputs == 1 else "multiclass", "outputs": outputs}
