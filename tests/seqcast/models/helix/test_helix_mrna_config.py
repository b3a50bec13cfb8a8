"""config.json of Helix-mRNA: as the hub has it, and what is refused."""

import math

import pytest

from seqcast.core.errors import InputError
from seqcast.models.helix.helix_mrna_config import HelixMrnaConfig
from seqcast.models.interface import read_hyperparameters

# what the hub's config.json says beside its defaults (its values as in the golden files' README)
HUB = {
    "architectures": ["HelixmRNAForCausalLM"], "attn_implementation": "flash_attention_2",
    "eos_token_id": 2, "pad_token_id": 1, "bos_token_id": 0, "intermediate_size": 512,
    "layers_block_type_string": "M+M*M+M+", "model_type": "mamba2", "rms_norm": True,
    "attention_dropout": 0.0, "hidden_act": "silu", "time_step_limit": [0.0, math.inf],
    "transformers_version": "4.45.1", "time_step_rank": 16, "name": "helix_mrna_8l_256h",
}  # fmt: skip


def test_published_config_of_the_golden_data(shared):
    path = shared / "reference/helix_mrna/published_config/config.json"
    assert "Infinity" in path.read_text()  # no JSON by the standard
    assert HelixMrnaConfig.from_params(read_hyperparameters(path)) == HelixMrnaConfig()


def test_hub_keys_are_known_and_its_tokens_and_widths_ignored():
    assert HelixMrnaConfig.from_params(HUB) == HelixMrnaConfig()
    assert HelixMrnaConfig().blocks == "M+M*M+M+"
    assert HelixMrnaConfig().inner_size == 512


@pytest.mark.parametrize("key", ["layers_block_type_string", "layers_block_type"])
def test_both_spellings_of_the_blocks(key):
    config = HelixMrnaConfig.from_params({key: "M+*", "num_hidden_layers": 3})
    assert config.blocks == "M+*"


def test_spellings_that_differ_are_refused():
    with pytest.raises(InputError, match=r"'M\+M\*M\+M\+' and layers_block_type 'M\*' differ"):
        HelixMrnaConfig.from_params(HUB | {"layers_block_type": "M*"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers_block_type_string": "M+MxM+M+"}, r"holds \['x'\]; known blocks: M"),
        ({"num_hidden_layers": 9}, "has 8 characters, num_hidden_layers is 9"),
        (
            {"layers_block_type_string": ["M", "+"]},
            "layers_block_type is .* expected 1 to 256 characters",
        ),
        ({"layers_block_type_string": ""}, "expected 1 to 256 characters"),
        ({"num_key_value_heads": 5}, "num_attention_heads 32 is not a multiple"),
        ({"num_attention_heads": 24}, "hidden_size 256 is not a multiple"),
        ({"head_dim": 64}, "num_heads 16 x head_dim 64 is not expand 2 x hidden_size 256"),
        ({"n_groups": 3}, "num_heads 16 is not a multiple of n_groups 3"),
        ({"state_size": 0}, "state_size is 0; expected a whole number from 1 to"),
        ({"state_size": "128"}, "state_size is '128'; expected a whole number from 1 to"),
        ({"use_bias": 0}, "use_bias is 0; expected true or false"),
        ({"layer_norm_epsilon": 2.0}, "layer_norm_epsilon is 2.0; expected a number between"),
        ({"time_step_limit": [0.0]}, "time_step_limit is .* expected two numbers"),
        ({"time_step_limit": [0.1, math.nan]}, "time_step_limit is .* expected two numbers"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu', helix_mrna's network has 'silu'"),
        ({"model_type": "bert"}, "these weights need architecture readseeker"),
        ({"model_type": "llama"}, "these weights need an architecture that is made for it"),
        ({"model": {}}, "params.json of architecture borzuki"),
        ({"windows": 3}, r"does not know: \['windows'\]"),
    ],
)
def test_what_is_another_network_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        HelixMrnaConfig.from_params(HUB | changes)


def test_a_plain_mamba2_is_named():
    with pytest.raises(InputError, match=r"plain Mamba2 .* is architecture mamba2_mrna"):
        HelixMrnaConfig.from_params({"model_type": "mamba2", "num_hidden_layers": 2})
