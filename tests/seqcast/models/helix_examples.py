"""Helix-mRNA networks for tests: those of the golden files, and a tiny one with drawn weights."""

import json

import numpy as np
import torch

from seqcast.models.interface import build_model, load_model

ATOL, RTOL = 2e-5, 1e-4  # the golden files' README; values have sd 1
CASES = [
    ("published_config", "single"), ("published_config", "batch_left_pad"),
    ("published_config", "long_single"), ("small", "single"), ("small", "batch_left_pad"),
    ("small", "batch_truncated"), ("small", "mixed_case_N"), ("small", "long_single"),
    ("small_bias_k3", "single"), ("small_bias_k3", "batch_left_pad"),
    ("small_bias_k3", "mixed_case_N"), ("small_bias_k3", "long_single"),
]  # fmt: skip
TINY = {
    "hidden_size": 32, "layers_block_type": "M+*", "num_hidden_layers": 3, "state_size": 8,
    "num_heads": 8, "head_dim": 8, "num_attention_heads": 4, "num_key_value_heads": 2,
}  # fmt: skip


def opened(golden, folder, case, **options):
    """The model, its tokens of a case, and the case's arrays."""
    options = {"device": "cpu"} | options
    path = golden / folder
    model = load_model("helix_mrna", path / "model.safetensors", path / "config.json", **options)
    described = json.loads((path / "cases.json").read_text())[case]
    kept = described["max_length"] - 1  # the original cuts on the right, the end token included
    tokens = model.tokenize([sequence[:kept] for sequence in described["sequences"]])
    with np.load(path / f"{case}.npz") as arrays:
        return model, tokens.to(options["device"]), dict(arrays)


def tiny(params=TINY, **options):
    torch.manual_seed(0)
    model = build_model("helix_mrna", params, **options)
    model.initialise()
    return model.eval().requires_grad_(False)
