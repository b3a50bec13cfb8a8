"""config.json of Mamba2-mRNA: as transformers writes it, and what is refused."""

import json
import math

import pytest

from seqcast.core.errors import InputError
from seqcast.models.helix.mamba2_config import Mamba2Config

SIZES = {
    "hidden_size": 32, "num_hidden_layers": 2, "state_size": 8, "num_heads": 8, "head_dim": 8,
    "n_groups": 2, "vocab_size": 12,
}  # fmt: skip


@pytest.mark.parametrize("key", ["layers_block_type_string", "layers_block_type"])
def test_helix_mrna_is_named(key):
    with pytest.raises(InputError, match="take architecture helix_mrna"):
        Mamba2Config.from_params(SIZES | {key: "M+"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": 16.0}, "hidden_size is 16.0; expected a whole number from 1 to"),
        ({"hidden_size": True}, "hidden_size is True; expected a whole number from 1 to"),
        ({"use_bias": "no"}, "use_bias is 'no'; expected true or false"),
        ({"initializer_range": 0}, "initializer_range is 0; expected a number between 0 and 1"),
        ({"n_groups": 3}, "num_heads 8 is not a multiple of n_groups 3"),
        ({"model_type": "bert"}, "mamba2_mrna reads 'mamba2'; these weights need architecture"),
    ],
)
def test_what_is_no_size_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        Mamba2Config.from_params(SIZES | changes)


def test_sizes_of_mamba2_mrna_are_never_guessed():
    config = Mamba2Config.from_params(SIZES | {"pad_token_id": 4, "eos_token_id": 1})
    assert (config.blocks, config.norm_groups, config.max_tokens) == ("MM", 2, 8192)
    assert math.isinf(config.time_step_limit[1])
    without = {key: value for key, value in SIZES.items() if key not in ("state_size", "n_groups")}
    with pytest.raises(InputError, match="lacks state_size, n_groups; these sizes are read"):
        Mamba2Config.from_params(without)


def test_what_transformers_saves_is_known():
    """Keys that Mamba2Config of transformers 5.23.0 writes by save_pretrained."""
    saved = json.loads("""{"bos_token_id": 0, "chunk_size": 256, "chunk_size_feed_forward": 0,
        "conv_kernel": 4, "dtype": null, "eos_token_id": 2, "expand": 2, "hidden_act": "silu",
        "id2label": {}, "initializer_range": 0.1, "is_encoder_decoder": false, "label2id": {},
        "layer_norm_epsilon": 1e-05, "model_type": "mamba2", "output_attentions": false,
        "output_hidden_states": false, "pad_token_id": 1, "problem_type": null,
        "rescale_prenorm_residual": false, "residual_in_fp32": true, "return_dict": true,
        "tie_word_embeddings": false, "time_step_floor": 0.0001, "time_step_limit": [0.0, Infinity],
        "time_step_max": 0.1, "time_step_min": 0.001, "time_step_rank": 2, "use_bias": false,
        "use_cache": true, "use_conv_bias": true, "transformers_version": "5.23.0"}""")
    assert Mamba2Config.from_params(SIZES | saved).vocab_size == 12
