"""Sequences that begin alike: what is computed once for all of them, against each one whole."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from seqcast.models.interface import build_model, load_model
from tests.seqcast.models.helix_examples import TINY, tiny

FP64, FP32 = 1e-10, 1e-5
TINY_MAMBA = {
    "hidden_size": 16, "num_hidden_layers": 2, "state_size": 8, "num_heads": 4, "head_dim": 8,
    "n_groups": 2, "vocab_size": 12,
}  # fmt: skip
MODELS = {
    "helix": ("helix_mrna", TINY),
    "helix, biased, in groups": ("helix_mrna", TINY | {
        "layers_block_type": "M+*M+", "num_hidden_layers": 5, "use_bias": True, "n_groups": 2,
    }),
    "short convolution": ("helix_mrna", TINY | {"conv_kernel": 1}),
    "mamba2": ("mamba2_mrna", TINY_MAMBA),
}  # fmt: skip


def drawn(architecture, params):
    torch.manual_seed(0)
    model = build_model(architecture, params)
    model.initialise()
    return model.eval().requires_grad_(False)


def texts(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("ACGU"), length)) for length in lengths]


def largest_difference(model, known, places, edited, device="cpu"):
    """Of hidden states from those that each sequence whole has, for a batch of known sequences and
    one of (row of `known`, place, rest)."""
    with torch.inference_mode():
        tokens = model.tokenize(known).to(device)
        state, prefixes = model.remember(tokens, places)
        assert [sorted(of_row) for of_row in prefixes] == [sorted(set(row)) for row in places]
        real = model.real(tokens)
        pairs = [(state[real], model.hidden_states(tokens, [model.depth])[0][real])]
        rest = model.tokenize([text for _, _, text in edited]).to(device)
        after = model.resume(rest, [prefixes[row][place] for row, place, _ in edited])
        for found, own, (row, place, text) in zip(after, model.real(rest), edited, strict=True):
            alone = model.tokenize([known[row][:place] + text]).to(device)
            expected = model.hidden_states(alone, [model.depth])[0][0, place:-1]
            pairs.append((found[own], expected))
    assert all(found.shape == expected.shape for found, expected in pairs)
    return max((found - expected).abs().max().item() for found, expected in pairs)


@pytest.mark.parametrize("name", MODELS)
def test_what_follows_is_as_in_the_whole_sequence(name):
    """Rows of other sequences, lengths and places in one batch, as many rests as one may have."""
    known, rests = texts([400, 90, 300, 1, 260, 64]), texts([200, 1, 340, 2, 77, 130, 5], seed=1)
    places = [[256, 1, 384, 257], [64], [], [1], [2, 260], [64]]
    at = [(0, 384), (4, 260), (0, 1), (1, 64), (0, 256), (5, 64), (3, 1)]
    edited = [(*place, rest) for place, rest in zip(at, rests, strict=True)]
    assert largest_difference(drawn(*MODELS[name]).double(), known, places, edited) <= FP64


def test_in_single_precision(device):
    known = texts([500, 301])
    edited = [(0, 448, "ACGU" * 20), (1, 64, "ACGN" * 90), (0, 64, "A")]
    model = tiny().to(device)
    assert largest_difference(model, known, [[64, 448], [64]], edited, device) <= FP32


def test_under_mixed_precision(tmp_path):
    save_file(tiny().state_dict(), tmp_path / "model.safetensors")
    model = load_model("helix_mrna", tmp_path / "model.safetensors", TINY, precision="bf16",
                       device="cpu")  # fmt: skip
    edited = [(0, 64, "ACGU" * 9), (0, 128, "C")]
    # 8 bits of mantissa over three blocks, values of sd 1
    assert largest_difference(model, texts([200]), [[64, 128]], edited) <= 0.05


def test_memory_of_one_row_is_not_that_of_the_batch():
    model = tiny()
    with torch.inference_mode():
        _, prefixes = model.remember(model.tokenize(texts([300] * 8)), [[256], *[[]] * 7])
        _, alone = model.remember(model.tokenize(texts([300])), [[256]])
    assert prefixes[1:] == [{}] * 7
    (taps, state), _, _ = prefixes[0][256]
    assert taps.untyped_storage().nbytes() + state.untyped_storage().nbytes() == sum(
        t.untyped_storage().nbytes() for t in alone[0][256][0]
    )


def test_networks_that_see_later_tokens_do_not_resume():
    assert tiny().resumes
    assert tiny(compat="helical_pooling").resumes
    model = tiny(TINY | {"chunk_size": 8}, compat="helical_cpu")
    assert not model.resumes
    one, other = texts([40])[0], texts([40])[0][:30] + "ACGUACGUAC"
    before, after = (model(model.tokenize([text]))[0, :16] for text in (one, other))
    assert not torch.equal(before, after)  # chunks before the edit have changed
