"""Mamba2-mRNA against transformers' Mamba2 on random weights.

tests/golden/mamba2_mrna was made with transformers 5.23.0 and torch 2.13.0 on a CPU::

    torch.manual_seed(20260)
    config = Mamba2Config(
        hidden_size=16, num_hidden_layers=2, state_size=4, num_heads=4, head_dim=8, n_groups=2,
        vocab_size=12, chunk_size=16, expand=2, conv_kernel=4, pad_token_id=4, bos_token_id=2,
        eos_token_id=1, time_step_limit=(0.002, 0.5),
    )
    network = Mamba2ForCausalLM(config).eval()
    for name, p in network.named_parameters():  # under torch.no_grad()
        if "norm" in name or name.endswith(".D"):
            p.add_(0.2 * torch.randn_like(p))
        elif "conv1d.bias" in name:
            p.normal_(std=0.3)
    network.save_pretrained(folder)
    found = network(tokens, output_hidden_states=True)

and expected.npz holds `tokens`, ``network.backbone(tokens).last_hidden_state`` (`features`),
``found.logits`` and the first two of ``found.hidden_states`` (`states`, after blocks 1 and 2).
"""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from seqcast.core.errors import InputError
from seqcast.models.helix.mamba2 import Mamba2Mixer
from seqcast.models.interface import build_model, load_model

TEXT = "AUGGCUUACNNGAUCCGAUAGGCUAAUCGCGAUUAAGCUCGAUAUGCUAGCC"
ATOL = 1e-5  # values of sd 1; float32 sums in another order


@pytest.fixture
def golden(root):
    return root / "tests/golden/mamba2_mrna"


def loaded(golden, **options):
    return load_model(
        "mamba2_mrna", golden / "model.safetensors", golden / "config.json",
        **{"device": "cpu"} | options,
    )  # fmt: skip


def test_features_logits_and_layers_are_those_of_transformers(golden, device):
    model = loaded(golden, device=device)
    with np.load(golden / "expected.npz") as arrays:
        expected = dict(arrays)
    tokens = model.tokenize([TEXT])
    np.testing.assert_array_equal(tokens.numpy(), expected["tokens"])
    tokens = tokens.to(device)
    features = model(tokens)
    states = torch.stack(model.hidden_states(tokens, [1, 2]))
    for ours, theirs in (
        (features, "features"), (model.logits(features), "logits"), (states, "states"),
    ):  # fmt: skip
        np.testing.assert_allclose(ours.cpu().numpy(), expected[theirs], rtol=0, atol=ATOL)


def test_padding_changes_nothing(golden):
    model = loaded(golden)
    tokens = model.tokenize([TEXT[:7], TEXT, ""])
    alone = model(model.tokenize([TEXT[:7]]))[0, :-1]
    row = model(tokens)[0, model.real(tokens)[0]]
    torch.testing.assert_close(row, alone, rtol=0, atol=ATOL)
    assert (model.codon_mark, model.max_tokens, model.depth) == (None, 8192, 2)


def test_bare_names_are_read_too(golden, tmp_path):
    state = load_file(golden / "model.safetensors")
    bare = {name.removeprefix("backbone."): tensor for name, tensor in state.items()}
    save_file(bare, tmp_path / "model.safetensors")
    model = load_model(
        "mamba2_mrna", tmp_path / "model.safetensors", golden / "config.json", device="cpu"
    )
    tokens = model.tokenize([TEXT])
    assert torch.equal(model(tokens), loaded(golden)(tokens))


def test_weights_of_the_other_architecture_are_refused(golden):
    with pytest.raises(InputError, match=r"plain Mamba2 .* is architecture mamba2_mrna"):
        load_model("helix_mrna", golden / "model.safetensors", golden / "config.json", device="cpu")


@pytest.mark.parametrize("compat", ["helical_pooling", "helical_cpu"])
def test_compat_with_helix_mrna_is_refused(golden, compat):
    """helical_pooling: what one id for padding and end token does; padding has its own here."""
    with pytest.raises(InputError, match=rf"compat '{compat}': architecture 'mamba2_mrna': it has"):
        loaded(golden, compat=compat)
    model = loaded(golden)
    assert model.tokenize(["A", "AC"])[0].tolist() == [model.tokenizer.pad, 7, model.tokenizer.end]
    assert model.tokenizer.pad != model.tokenizer.end


def test_an_untrained_network_starts_as_mamba2_does():
    sizes = {
        "hidden_size": 32, "num_hidden_layers": 3, "state_size": 8, "num_heads": 8, "head_dim": 8,
        "n_groups": 4, "vocab_size": 12, "initializer_range": 0.02,
    }  # fmt: skip
    torch.manual_seed(0)
    model = build_model("mamba2_mrna", sizes)
    model.initialise()
    assert float(model.embeddings.weight.detach().std()) == pytest.approx(0.02, rel=0.1)
    mixers = [module for module in model.modules() if isinstance(module, Mamba2Mixer)]
    assert len(mixers) == 3
    assert len({tuple(mixer.dt_bias.tolist()) for mixer in mixers}) == 3
    assert model(model.tokenize(["ACGU", ""])).isfinite().all()
