"""Networks that transformers computes, for `seqcast verify`: run by a Python that has it.

    python transformers_original.py job.json outputs.npz

It needs transformers, PyTorch, safetensors and NumPy alone, none of seqcast. The hyperparameters
tell which network it is:

    ReadSeeker    transformers' BertForSequenceClassification, k-mers by vocab.txt
    Mamba2-mRNA   transformers' Mamba2Model
    Helix-mRNA    state space blocks are transformers' Mamba2Mixer; attention and feed-forward are
                  written out, as transformers has none of this form
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
BLOCKS = ("layers_block_type_string", "layers_block_type")  # keys of Helix-mRNA alone
NUCLEOTIDES = {"A": 7, "C": 8, "G": 9, "U": 10, "T": 10, "N": 11, "E": 12}
END = 1


def tensors(path: Path) -> dict:
    """Of a file of weights, safetensors or a pickle of tensors, in float32."""
    if path.suffix in (".bin", ".pt", ".pth"):
        found = torch.load(path, map_location="cpu", weights_only=True)
    else:
        found = load_file(path)
    return {name: tensor.float() for name, tensor in found.items()}


class Bert:
    """Logits of reads."""

    name = "BertForSequenceClassification"

    def __init__(self, params: dict, weights: Path) -> None:
        known = {key: value for key, value in params.items() if key != "max_seq_length"}
        self.config = transformers.BertConfig.from_dict(known)
        self.model = transformers.BertForSequenceClassification(self.config).eval()
        state = {k: t for k, t in tensors(weights).items() if not k.endswith("position_ids")}
        self.model.load_state_dict(state)
        vocabulary = weights.with_name("vocab.txt")
        if vocabulary.is_file():
            words = vocabulary.read_text().split()
        else:
            k = round(np.log(self.config.vocab_size - len(SPECIAL_TOKENS)) / np.log(4))
            words = [*SPECIAL_TOKENS, *map("".join, itertools.product("ATCG", repeat=k))]
        self.ids = {word: i for i, word in enumerate(words)}
        self.k = len(words[-1])

    def __call__(self, read: str) -> Any:
        """``(2, 1)``: non-coding, coding."""
        kmers = [read[i : i + self.k] for i in range(len(read) - self.k + 1)]
        ids = [self.ids.get(word, 1) for word in ("[CLS]", *kmers, "[SEP]")]
        return self.model(torch.tensor([ids])).logits.T


def rms_norm(x: Any, weight: Any, epsilon: float) -> Any:
    """Root mean square 1 along the last axis, then scaled."""
    return weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)


class Mamba:
    """Features of mRNAs; what both networks share."""

    name = "Mamba2Model"

    def __init__(self, params: dict, weights: Path) -> None:
        self.state = {
            name.removeprefix("backbone.").replace("embedding.weight", "embeddings.weight"): tensor
            for name, tensor in tensors(weights).items()
        }
        known = {key: value for key, value in params.items() if key not in BLOCKS}
        self.config = transformers.Mamba2Config.from_dict(known)
        self.build()

    def build(self) -> None:
        """Make the network."""
        self.model = transformers.Mamba2Model(self.config).eval()
        self.model.load_state_dict({k: t for k, t in self.state.items() if k != "lm_head.weight"})

    def features(self, ids: Any) -> Any:
        """``(1, tokens)`` to ``(1, tokens, width)``."""
        return self.model(ids, use_cache=False).last_hidden_state

    def __call__(self, mrna: str) -> Any:
        """``(width, tokens)``, without the end token."""
        ids = [*(NUCLEOTIDES[letter] for letter in mrna), END]
        return self.features(torch.tensor([ids]))[0, :-1].T


class Helix(Mamba):
    """State space, attention and feed-forward blocks, each fed by the one before."""

    name = "Mamba2Mixer, and attention and feed-forward as Helix-mRNA has them"

    def __init__(self, params: dict, weights: Path) -> None:
        self.params = params
        super().__init__(params, weights)

    def build(self) -> None:
        """Make the state space blocks."""
        from transformers.models.mamba2.modeling_mamba2 import Mamba2Mixer

        self.kinds = next(self.params[key] for key in BLOCKS if key in self.params)
        self.mixers = {}
        for i, kind in enumerate(self.kinds):
            if kind == "M":
                # norms of all channels together, whatever the groups
                mixer = Mamba2Mixer(self.config, layer_idx=i).eval()
                mixer.norm.group_size = mixer.intermediate_size
                mixer.load_state_dict(self.part(f"layers.{i}.mixer."))
                self.mixers[i] = mixer

    def part(self, prefix: str) -> dict:
        """Tensors below a name."""
        return {k.removeprefix(prefix): t for k, t in self.state.items() if k.startswith(prefix)}

    def features(self, ids: Any) -> Any:
        """``(1, tokens)`` to ``(1, tokens, width)``."""
        epsilon = self.config.layer_norm_epsilon
        x = self.state["embeddings.weight"][ids]
        for i, kind in enumerate(self.kinds):
            block = self.part(f"layers.{i}.")
            if kind == "M":
                x = x + self.mixers[i](rms_norm(x, block["norm.weight"], epsilon))
                continue
            normed = rms_norm(x, block["input_layernorm.weight"], epsilon)
            if kind == "*":
                x = x + self.attention(normed, self.part(f"layers.{i}.self_attn."))
                normed = rms_norm(x, block["pre_ff_layernorm.weight"], epsilon)
            x = x + self.feed_forward(normed, self.part(f"layers.{i}.feed_forward."))
        return rms_norm(x, self.state["norm_f.weight"], epsilon)

    def attention(self, x: Any, weights: dict) -> Any:
        """Causal; consecutive heads of queries share a key and a value."""
        heads, shared = self.params["num_attention_heads"], self.params["num_key_value_heads"]
        size = x.shape[2] // heads
        query, key, value = (
            F.linear(x, weights[f"{name}_proj.weight"]).unflatten(2, (-1, size)).transpose(1, 2)
            for name in "qkv"
        )
        key, value = (part.repeat_interleave(heads // shared, dim=1) for part in (key, value))
        logits = query @ key.mT * size**-0.5
        later = torch.ones(logits.shape[-2:], dtype=torch.bool).triu(1)
        seen = logits.masked_fill(later, -torch.inf).softmax(-1) @ value
        return F.linear(seen.transpose(1, 2).flatten(2), weights["o_proj.weight"])

    def feed_forward(self, x: Any, weights: dict) -> Any:
        """SwiGLU."""
        gate, up = (F.linear(x, weights[f"{name}_proj.weight"]) for name in ("gate", "up"))
        return F.linear(F.silu(gate) * up, weights["down_proj.weight"])


def network(params: dict) -> Any:
    """The class of the network that hyperparameters describe."""
    if "num_attention_heads" in params and not any(key in params for key in BLOCKS):
        return Bert
    return Helix if any(key in params for key in BLOCKS) else Mamba


def main(job_path: str, outputs_path: str) -> None:
    """Predict what a job says, one sequence after the other."""
    job = json.loads(Path(job_path).read_text())
    # the file says what differs from the network's own defaults
    params = {**job["config"], **json.loads(Path(job["hyperparameters"]).read_text())}
    kind = network(params)
    with torch.inference_mode():
        model = kind(params, Path(job["weights"]))
        outputs = [model(one).numpy() for one in job["sequences"]]
    versions = {"transformers": transformers.__version__, "torch": torch.__version__}
    told = json.dumps({"network": kind.name, "versions": versions})
    np.savez(outputs_path, told=told, **{f"output{i}": y for i, y in enumerate(outputs)})


if __name__ == "__main__":
    main(*sys.argv[1:])
