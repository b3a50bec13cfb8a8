"""The reader of Borzuki's hyperparameters."""

import copy
import json

import pytest

from seqcast.core.errors import InputError
from seqcast.models.borzuki.config import BorzukiConfig, TowerConfig
from tests.seqcast.models.borzuki.test_network import TINY


def test_our_hyperparameters_are_the_published_ones(shared, root):
    for folder in (shared / "reference/borzuki/arch").iterdir():
        ours = json.loads((root / f"config/hyperparameters/borzuki_{folder.name}.json").read_text())
        published = json.loads((folder / "params.json").read_text())
        assert BorzukiConfig.from_params(ours) == BorzukiConfig.from_params(published)


def test_tower_widths_round_as_the_original():
    # baskerville blocks.py on hl_clip, hl_clip_micro and the tiny model
    assert TowerConfig(384, 768, 5, 6, 16).widths == [384, 448, 512, 576, 672, 768]
    assert TowerConfig(208, 384, 5, 6, 16).widths == [208, 240, 272, 304, 336, 384]
    assert TowerConfig(80, 128, 5, 6, 8).widths == [80, 88, 96, 104, 120, 128]


def _changed(path: list, value: object) -> dict:
    params = copy.deepcopy(TINY)
    target = params
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return params


@pytest.mark.parametrize(("path", "value", "message"), [
    (["model", "seqlength"], 5, "unknown key 'seqlength'"),
    (["model", "trunk", 1, "num_convs"], 2, "num_convs is 2; this architecture has 1"),
    (["model", "trunk", 0, "norm_type"], "batch", "norm_type is 'batch'"),
    (["model", "trunk", 0, "name"], "conv_rna", "unknown block 'conv_rna'"),
    (["model", "trunk", 2, "head"], 2, "unknown key 'head'"),
    (["model", "head_human", "activation"], "linear", "activation is 'linear'"),
    (["optimiser"], {}, r"unknown section \['optimiser'\]"),
    (["model", "trunk", 1, "dropout"], 0.1, "dropout is 0.1; this architecture has 0"),
    (["model", "trunk", 1, "attention_dropout"], 0.1, "unknown key 'attention_dropout'"),
    (["model", "trunk", 2, "position_dropout"], 1, "position_dropout is 1; expected a number"),
    (["model", "kernel_initializer"], "orthogonal", "expected one of he_normal, lecun_normal"),
    (["model", "l1_scale"], 1e-8, "l1_scale is 1e-08; this architecture has 0"),
    (["model", "head_human", "l2_scale"], -1, "l2_scale is -1; expected a finite number of at least 0"),
    (["model", "augment_shift"], [0], r"augment_shift is \[0\]"),
    (["model", "trunk"], [], r"trunk: \[\]"),
])  # fmt: skip
def test_hyperparameters_of_another_network_are_refused_by_name(path, value, message):
    with pytest.raises(InputError, match=message):
        BorzukiConfig.from_params(_changed(path, value))


@pytest.mark.parametrize("value", ["8", 0, 8.0, True, None])
def test_outputs_of_a_head_are_a_whole_number(value):
    with pytest.raises(InputError, match=(
        f"head_human: units is {value!r}; expected a whole number from 1 to 65,536"
    )):  # fmt: skip
        BorzukiConfig.from_params(_changed(["model", "head_human", "units"], value))


@pytest.mark.parametrize(("path", "value", "message"), [
    (["model", "head_human"], {"units": 8}, "head_human is {'units': 8}; expected an object with name"),
    (["model", "seq_length"], "4096", "model: seq_length is '4096'; expected a whole number from 1 to 16,777,216"),
    (["model", "augment_shift"], -1, "model: augment_shift is -1; expected a whole number from 0"),
    (["model", "augment_rc"], 1, "model: augment_rc is 1; expected true or false"),
    (["model", "trunk", 1, "repeat"], 0, "res_tower: repeat is 0; expected a whole number from 1 to 256"),
    (["model", "trunk", 2, "num_position_features"], 0, "num_position_features is 0; expected a"),
    (["model", "trunk", 2, "dense_expansion"], "2", "dense_expansion is '2'; expected a number above 0, at most 64"),
    (["model", "trunk", 2, "dense_expansion"], 0, "dense_expansion is 0; expected a number above 0"),
    (["model", "trunk", 2, "l2_scale"], float("inf"), "l2_scale is inf; expected a finite"),
])  # fmt: skip
def test_values_are_of_their_kind(path, value, message):
    with pytest.raises(InputError, match=message):
        BorzukiConfig.from_params(_changed(path, value))


def test_missing_width_is_named():
    params = copy.deepcopy(TINY)
    del params["model"]["trunk"][1]["filters_end"]
    with pytest.raises(InputError, match="filters_end"):
        BorzukiConfig.from_params(params)


def test_training_keys_of_a_published_network(root):
    path = root / "config/hyperparameters/borzuki_hl_clip_micro.json"
    config = BorzukiConfig.from_params(json.loads(path.read_text()))
    # params.json of hl_clip_micro; position_dropout is not in it and has baskerville's default
    transformer = config.transformer
    assert (transformer.dropout, transformer.attention_dropout, transformer.position_dropout) == (
        0.1, 0.01, 0.01)  # fmt: skip
    assert (transformer.l2_scale, transformer.mha_l2_scale) == (1e-8, 1e-8)
    assert transformer.kernel_initializer == transformer.mha_initializer == "he_normal"
    for block in (config.stem, config.tower, *config.unets, *config.heads.values()):
        assert (block.kernel_initializer, block.l2_scale) == ("lecun_normal", 5e-7)
    assert {block.bn_momentum for block in (config.tower, *config.unets)} == {0.9}
    assert (config.augment_rc, config.augment_shift_bp) == (True, 3)


def test_keys_of_the_model_hold_unless_0_or_a_block_sets_its_own():
    params = _changed(["model", "l2_scale"], 0)
    del params["model"]["bn_momentum"]
    params["model"]["trunk"][0]["l2_scale"] = 3e-7
    config = BorzukiConfig.from_params(params)
    assert (config.stem.l2_scale, config.tower.l2_scale) == (3e-7, 0)
    assert config.tower.bn_momentum == 0.99  # default of baskerville's conv_nac
    # the feed-forward layers take the model's initialiser, attention only its own key
    assert config.transformer.kernel_initializer == "lecun_normal"
    assert config.transformer.mha_initializer == "he_normal"
