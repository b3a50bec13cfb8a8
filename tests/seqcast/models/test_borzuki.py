"""The Borzuki network against the original program, and its reader of hyperparameters."""

import copy
import json

import numpy as np
import pytest
import torch

from seqcast.errors import InputError
from seqcast.models.borzuki_config import BorzukiConfig, TowerConfig
from seqcast.models.interface import build_model, load_model
from tests.seqcast.golden import relative_error, window_one_hot
from tests.seqcast.plain_borzuki import plain_forward

TINY = {
    "model": {
        "seq_length": 2048, "augment_rc": True, "augment_shift": 3, "activation": "gelu",
        "norm_type": "batch", "bn_momentum": 0.9, "kernel_initializer": "lecun_normal", "l2_scale": 5e-7,
        "trunk": [
            {"name": "conv_dna", "filters": 8, "kernel_size": 11, "norm_type": None,
             "activation": "linear", "pool_size": 2},
            {"name": "res_tower", "filters_init": 8, "filters_end": 16, "divisible_by": 4,
             "kernel_size": 5, "num_convs": 1, "pool_size": 2, "repeat": 6},
            {"name": "transformer_tower", "key_size": 4, "heads": 2, "num_position_features": 8,
             "dropout": 0.2, "repeat": 2},
            {"name": "unet_conv", "kernel_size": 3},
            {"name": "unet_conv", "kernel_size": 3},
        ],
        "head_human": {"name": "final", "units": 5, "activation": "softplus"},
        "head_mouse": {"name": "final", "units": 3, "activation": "softplus"},
    }
}  # fmt: skip

GOLDEN = [  # folder, weights, hyperparameters, golden file
    ("real_tiny", "data/model.h5", "data/params.json", "golden/preds_fwd.npz"),
    ("reduced_hl_clip_like", "model0.h5", "params.json", "model0_preds_fwd.npz"),
    ("reduced_hl_clip_like", "model1.h5", "params.json", "model1_preds_fwd.npz"),
    ("reduced_hl_clip_micro_like", "model0.h5", "params.json", "model0_preds_fwd.npz"),
    ("reduced_hl_clip_micro_like", "model1.h5", "params.json", "model1_preds_fwd.npz"),
    ("reduced_crop_upsample", "model0.h5", "params.json", "model0_preds_fwd.npz"),
    ("reduced_crop_upsample", "model1.h5", "params.json", "model1_preds_fwd.npz"),
    ("hl_clip_micro_random", "model0.h5", "params.json", "preds_fwd.npz"),
]


@pytest.mark.parametrize(("folder", "weights", "params", "golden"), GOLDEN)
def test_forward_equals_the_original(shared, folder, weights, params, golden):
    reference = shared / "reference/borzuki"
    fasta = reference / "real_tiny/data/hg38_1m.fa.gz"
    model = load_model(
        "borzuki", reference / folder / weights, reference / folder / params, device="cpu"
    )
    expected = np.load(reference / folder / golden)
    for window, coverage, total in zip(
        expected["windows"], expected["preds"], expected["total"], strict=True
    ):
        with torch.inference_mode():
            found = model(torch.from_numpy(window_one_hot(fasta, window)))[0].T.numpy()
        # tolerance of the golden README is 1e-4 of the scale; measured: <= 5e-6
        assert relative_error(found[expected["bins"]], coverage) < 1e-5
        assert np.allclose(found.sum(0, dtype=np.float64), total, rtol=1e-5)


def test_intermediate_activations_equal_the_original(shared):
    folder = shared / "reference/borzuki/reduced_hl_clip_like"
    model = load_model("borzuki", folder / "model0.h5", folder / "params.json", device="cpu")
    golden = np.load(folder / "model0_preds_fwd.npz")
    seen = {}

    def tap(module, name, read=lambda y: y):
        module.register_forward_hook(lambda m, i, y: seen.__setitem__(name, read(y)))

    tap(model.stem, "conv_dna_out")
    for i, block in enumerate(model.transformer):
        tap(block, f"transformer_{i}_out")
        tap(block.attention, f"transformer_{i}_mha")
    for i, step in enumerate(model.unet):
        tap(step, f"unet_{i}_out")
    fasta = shared / "reference/borzuki/real_tiny/data/hg38_1m.fa.gz"
    with torch.inference_mode():
        model(torch.from_numpy(window_one_hot(fasta, golden["windows"][0])))
    names = [key.split("/")[1] for key in golden if key.endswith("/values")]
    checked = [name for name in names if name in seen]
    assert len(checked) == 1 + 2 * len(model.transformer) + len(model.unet)
    for name in checked:
        found = seen[name][0].numpy()[golden[f"tap/{name}/pos"]]
        assert relative_error(found, golden[f"tap/{name}/values"]) < 1e-5, name


@pytest.mark.parametrize(("name", "parameters"), [  # model_summary.json of the originals [ran]
    ("hl_clip", 42_850_058), ("baseline", 42_617_051), ("hl_clip_micro", 6_478_010),
    ("hl_micro", 6_449_905), ("baseline_micro", 6_361_355),
])  # fmt: skip
def test_published_models_have_the_published_size(root, name, parameters):
    params = json.loads((root / f"config/hyperparameters/borzuki_{name}.json").read_text())
    with torch.device("meta"):
        model = build_model("borzuki", params, "human")
    sizes = {k: v.numel() for k, v in model.state_dict().items() if "num_batches" not in k}
    assert sum(sizes.values()) == parameters
    assert (model.window_length_bp, model.bin_size_bp, model.crop_bins) == (393_216, 32, 0)


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
    (["model", "trunk"], [], r"trunk \[\]"),
])  # fmt: skip
def test_hyperparameters_of_another_network_are_refused_by_name(path, value, message):
    with pytest.raises(InputError, match=message):
        BorzukiConfig.from_params(_changed(path, value))


def test_missing_width_is_named():
    params = copy.deepcopy(TINY)
    del params["model"]["trunk"][1]["filters_end"]
    with pytest.raises(InputError, match="filters_end"):
        BorzukiConfig.from_params(params)


def test_output_shape_and_invariance_to_the_batch(device):
    torch.manual_seed(3)
    model = build_model("borzuki", TINY, "human").eval().to(device)
    x = torch.nn.functional.one_hot(torch.randint(0, 4, (3, 2048)), 4).float().mT.to(device)
    with torch.inference_mode():
        together, apart = model(x), torch.cat([model(x[i : i + 1]) for i in range(3)])
    assert together.shape == (3, 5, 64)
    assert torch.allclose(together, apart, rtol=1e-5, atol=1e-6)


def test_wrong_input_is_refused():
    model = build_model("borzuki", TINY, "human")
    with pytest.raises(InputError, match=r"multiple of 128 bp"):
        model(torch.zeros(1, 4, 2000))
    with pytest.raises(InputError, match=r"\(1, 2048, 4\)"):
        model(torch.zeros(1, 2048, 4))


@pytest.mark.parametrize("upsample_conv", [False, True])
@pytest.mark.parametrize("crop", [0, 8])
def test_fast_network_equals_the_plain_one(upsample_conv, crop):
    params = copy.deepcopy(TINY)
    for step in params["model"]["trunk"][3:]:
        step["upsample_conv"] = upsample_conv
    if crop:
        params["model"]["trunk"].append({"name": "Cropping1D", "cropping": crop})
    torch.manual_seed(9)
    model = build_model("borzuki", params, "human").double().eval()
    for name, tensor in model.state_dict().items():
        if "running_var" in name:
            tensor.uniform_(0.5, 2)
        elif "num_batches" not in name:
            tensor.normal_(0, 0.5)
    x = torch.nn.functional.one_hot(torch.randint(0, 4, (2, 2048)), 4).double().mT
    with torch.inference_mode():
        assert torch.allclose(model(x), plain_forward(model, x), rtol=1e-10, atol=1e-10)
