"""Hyperparameters and recipes as people give them: right, or refused with file, key and value."""

import copy
import json
import os
import random
import re
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.models.architectures import ARCHITECTURES, architecture_of
from seqcast.models.interface import (
    build_model,
    load_model,
    read_hyperparameters,
)
from seqcast.models.settings import LARGEST_BYTES, read_settings
from seqcast.training.recipe import read_recipe
from seqcast.training.task_options import TASK_OPTIONS

ROOT = Path(__file__).resolve().parents[3]
NETWORKS = {  # file of hyperparameters: architecture
    "config/hyperparameters/borzuki_tiny.json": "borzuki",
    "config/hyperparameters/borzuki_hl_clip_micro.json": "borzuki",
    "config/hyperparameters/helix_tiny.json": "helix_mrna",
    "config/hyperparameters/helix_mrna_property.json": "mrna_property",
    "config/hyperparameters/readseeker_small.json": "readseeker",
    "config/hyperparameters/six_frame.json": "six_frame",
    "tests/golden/mamba2_mrna/config.json": "mamba2_mrna",
}
RECIPES = {  # file: task
    "config/training/borzuki_tiny.json": "coverage",
    "config/training/borzuki_locon.json": "coverage",
    "config/training/helix_tiny.json": "embedding",
    "config/training/helix_early_stopping.json": "property",
    "config/training/readseeker_small.json": "reads",
}
MUTATIONS = int(os.environ.get("SEQCAST_MUTATIONS", "30"))  # of each file
VALUES = (
    None, True, False, 0, -1, 1, 2, 3, 0.5, 3.0, 256, 65_536, 65_537, 2**31, 2**63, 10**30, 10**400,
    1e308, float("nan"), float("inf"), "", "x", "5", "x" * 3000, "\ud800", "\0", [], {}, [[]], [1],
    ["a"], {"name": {}}, {"name": "final"}, [{}],
)  # fmt: skip


def read(name: str, path: Path) -> object:
    """Read a file as what is called `name`."""
    if name in NETWORKS:
        return read_hyperparameters(path, NETWORKS[name])
    return read_recipe(path, TASK_OPTIONS[RECIPES[name]])


def places(values: object) -> list[tuple[object, object]]:
    """Each object or list within, with each of its keys."""
    keys = values if isinstance(values, dict) else range(len(values))
    found = [(values, key) for key in keys]
    inner = [one for one in map(values.__getitem__, keys) if isinstance(one, dict | list)]
    return found + [place for one in inner for place in places(one)]


def mutated(rng: random.Random, values: dict) -> str:
    """JSON with one to three values lost, renamed, repeated, wrapped or exchanged, or cut."""
    values = copy.deepcopy(values)
    for _ in range(rng.choice([1, 1, 2, 3])):
        where, key = rng.choice(places(values) or [({"x": 0}, "x")])
        change = rng.choice(["lose", "rename", "repeat", "wrap", "exchange", "exchange"])
        if change == "lose":
            del where[key]
        elif change == "rename" and isinstance(where, dict):
            where[rng.choice(["x", "name", "", "repeat", "\ud800"])] = where.pop(key)
        elif change == "repeat" and isinstance(where, list):
            where.append(copy.deepcopy(where[key]))
        elif change == "wrap":
            for _ in range(rng.choice([1, 100])):
                where[key] = [where[key]]
        else:
            where[key] = copy.deepcopy(rng.choice(VALUES))
    text = json.dumps(values)
    cut = rng.randrange(len(text))
    return rng.choice([text] * 8 + [text[:cut], text[:cut] + chr(rng.randrange(300)) + text[cut:]])


def test_every_architecture_is_tried():
    assert set(NETWORKS.values()) == set(ARCHITECTURES)


@pytest.mark.parametrize("name", [*NETWORKS, *RECIPES])
def test_mutated_files_are_read_or_refused_by_name(name, tmp_path):
    values, rng = json.loads((ROOT / name).read_text()), random.Random(name)
    path, told = tmp_path / "settings.json", []
    path.write_text(json.dumps(values))
    read(name, path)
    for _ in range(MUTATIONS):
        text = mutated(rng, values)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            read(name, path)
        except InputError as error:
            told.append(str(error))
    assert len(told) > MUTATIONS / 2
    assert [message for message in told if not message.startswith(f"{path}: ")] == []
    assert [message for message in told if not message.isprintable()] == []


@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [
        ("borzuki_tiny", ["model", "trunk"], 3, r"trunk is 3; expected a list of at most 64 blocks"),
        ("borzuki_tiny", ["model", "trunk", 1], 3, r"trunk\[1\] is 3; expected an object with the"),
        ("borzuki_tiny", ["model", "trunk", 0, "name"], {}, r"trunk\[0\] is {.*'name': {}.*; expected"),
        ("borzuki_tiny", ["model", "trunk", 1, "repeat"], 2**63,
         "res_tower: repeat is 9223372036854775808; expected a whole number from 1 to 256"),
        ("borzuki_tiny", ["model", "trunk", 1, "repeat"], 20, "seq_length is 16384; expected a mult"),
        ("borzuki_tiny", ["model", "seq_length"], 16_001, "seq_length is 16001; expected a multiple"),
        ("borzuki_tiny", ["model", "seq_length"], 2**23, "at most 32,768 times that"),
        ("borzuki_tiny", ["model", "trunk", 0, "kernel_size"], 10, "kernel_size is 10; expected an odd"),
        ("borzuki_tiny", ["model", "trunk", 2, "heads"], 7, "heads is 7; expected a number that div"),
        ("borzuki_tiny", ["model", "trunk", 2, "num_position_features"], 3, "is 3; expected an even"),
        ("borzuki_tiny", ["model", "trunk", 1, "divisible_by"], 1000, r"widths is \[0.*expected 1 to"),
        ("borzuki_tiny", ["model", "head_human", "name"], [], "head_human is {.*'name': .*expected"),
        ("borzuki_tiny", ["model", "kernel_initializer"], {}, "kernel_initializer is {}; expected one of he_normal"),
        ("borzuki_tiny", ["model"], 1, "model is 1; expected an object"),
        ("six_frame", ["convolution_channels", 1], 2**63,
         r"convolution_channels\[1\] is 9223372036854775808; expected a whole number from 1 to 65,536"),
        ("six_frame", ["dropout"], "much", r"dropout is 'much'; expected a share"),
        ("helix_tiny", ["num_hidden_layers"], 2**40, "num_hidden_layers is 1099511627776; expected"),
        ("helix_tiny", ["layers_block_type_string"], {"M": 1}, "layers_block_type is {'M': 1}; exp"),
        ("readseeker_small", ["model_type"], {}, "model_type is {}, ReadSeeker's network has 'bert'"),
        ("readseeker_small", ["vocab_size"], 4**8 + 5, "vocab_size is 65541; expected a whole number"),
        ("helix_mrna_property", ["pooling"], [{}], r"pooling is \[{}\]; expected last, mean or both"),
        ("helix_mrna_property", ["config", "hidden_size"], [], r"hidden_size is \[\]; expected a whole"),
        ("helix_mrna_property", ["config"], "none.json", r"none\.json: no such file"),
    ],
)  # fmt: skip
def test_file_key_value_and_expectation_are_told(name, place, value, message, tmp_path):
    file = f"config/hyperparameters/{name}.json"
    values = json.loads((ROOT / file).read_text())
    where = values
    for key in place[:-1]:
        where = where[key]
    assert place[-1] in where if isinstance(where, dict) else where[place[-1]] is not None
    where[place[-1]] = value
    path = tmp_path / "params.json"
    path.write_text(json.dumps(values))
    with pytest.raises(InputError, match=message) as told:
        read(file, path)
    assert str(told.value).startswith(f"{path}: ")


@pytest.mark.parametrize("name", [n for n in NETWORKS if NETWORKS[n] != "mrna_property"])
def test_sizes_are_those_of_the_network(name):
    params, architecture = json.loads((ROOT / name).read_text()), NETWORKS[name]
    if architecture == "borzuki":  # a network has one head, the sizes are of all
        params["model"].pop("head_mouse", None)
    state = build_model(architecture, params).state_dict()
    sizes = sum(architecture_of(architecture).read_config(params).sizes())
    # small tensors, such as biases and norms, are left out; a tied head counts twice
    assert sizes == pytest.approx(sum(tensor.numel() for tensor in state.values()), rel=0.1)


def test_networks_that_no_memory_holds_are_refused_before_any_is_taken(tmp_path):
    values = json.loads((ROOT / "config/hyperparameters/six_frame.json").read_text())
    values["convolution_channels"] = [65_536] * 3  # each size within its bounds
    path = tmp_path / "large.json"
    path.write_text(json.dumps(values))
    weights = ROOT / "resources/six_frame/model.safetensors"
    with pytest.raises(
        InputError, match=r"large\.json: these hyperparameters make [\d,]{14,} weig"
    ):
        load_model("six_frame", weights, path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000, "more than 16 deep"),
        (b'{"a": ' + b"[" * 30 + b"]" * 30 + b"}", r"a\[0\].*: more than 16 deep"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' is there more than once"),
        (b'{"a": ' + b"9" * 4000 + b"}", r"a is a number of \d+ bits; expected one of 64"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b"\xff\xfe{\x00}\x00", "not valid JSON"),
        (b"[]", r"found \[\]; expected a JSON object: hyperparameters"),
        (b"", "not valid JSON"),
        (b" " * (LARGEST_BYTES + 1), "more than 10,000,000 bytes"),
    ],
)
def test_files_that_hold_no_settings(content, message, tmp_path):
    path = tmp_path / "params.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{re.escape(str(path))}: .*{message}"):
        read_hyperparameters(path)


def test_a_byte_order_mark_is_no_part_of_the_settings(tmp_path):
    path = tmp_path / "params.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": [1, {"b": null}]}')
    assert read_settings(path, "hyperparameters", dict) == {"a": [1, {"b": None}]}
