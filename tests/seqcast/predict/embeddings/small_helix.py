"""A small Helix-mRNA with drawn weights, as a model and as files."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from seqcast.models.interface import build_model

SMALL = {
    "hidden_size": 32, "layers_block_type_string": "M+*M+", "num_hidden_layers": 5, "expand": 2,
    "num_heads": 4, "head_dim": 16, "state_size": 16, "n_groups": 1, "num_attention_heads": 8,
    "num_key_value_heads": 2, "vocab_size": 14,
}  # fmt: skip


def small_helix() -> torch.nn.Module:
    """The same weights each time."""
    torch.manual_seed(5)
    model = build_model("helix_mrna", SMALL)
    model.initialise()
    return model.eval().requires_grad_(False)


def write_small_helix(folder: Path) -> tuple[str, str]:
    """Paths of weights and config.json."""
    weights, config = folder / "model.safetensors", folder / "config.json"
    save_file(small_helix().state_dict(), weights, {"source_sha256": "sha of the source"})
    config.write_text(json.dumps(SMALL))
    return str(weights), str(config)
