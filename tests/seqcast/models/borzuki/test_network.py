"""The Borzuki network against the original program and a plain one, trained and not."""

import copy
import json

import numpy as np
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.borzuki import network
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
@pytest.mark.parametrize("stretch_bp", [1, 3800, 1 << 16])  # the least; no multiple of 128; beyond
def test_fast_network_equals_the_plain_one(upsample_conv, crop, stretch_bp, monkeypatch):
    monkeypatch.setattr(network, "STRETCH_BP", stretch_bp)
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
    x = one_hot(3, 2048 + 384)
    with torch.inference_mode():
        assert torch.allclose(model(x), plain_forward(model, x), rtol=1e-10, atol=1e-10)


def one_hot(batch: int, length_bp: int = 2048) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.randint(0, 4, (batch, length_bp)), 4).double().mT


def trained_network(seed: int, crop: int = 0, **rates: float):
    """A small network in training mode whose tensors are all alive; dropout only as asked."""
    params = copy.deepcopy(TINY)
    params["model"]["trunk"][2] |= {
        "dropout": 0.0,
        "attention_dropout": 0.0,
        "position_dropout": 0.0,
    } | rates
    params["model"]["trunk"][4]["upsample_conv"] = True
    if crop:
        params["model"]["trunk"].append({"name": "Cropping1D", "cropping": crop})
    torch.manual_seed(seed)
    model = build_model("borzuki", params, "human").double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 0, 0.5)
    return model.train()


def gradients(model, y, inputs=None):
    weights = torch.linspace(-1, 1, y.numel(), dtype=y.dtype).reshape(y.shape)
    return torch.autograd.grad((y * weights).sum(), inputs or list(model.parameters()))


@pytest.mark.parametrize("training", [False, True])
def test_gradients_equal_those_of_the_plain_network(training):
    model = trained_network(11, crop=8).train(training)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    leaves = [state[name].requires_grad_() for name, _ in model.named_parameters()]
    x = one_hot(2)
    found, plain = model(x), plain_forward(model, x, state)
    assert torch.allclose(found, plain, rtol=1e-9, atol=1e-9)
    pairs = zip(gradients(model, found), gradients(model, plain, leaves), strict=True)
    for (name, _), (ours, expected) in zip(model.named_parameters(), pairs, strict=True):
        # biases before a norm by batch have gradients of 0 but for rounding
        assert torch.allclose(ours, expected, rtol=1e-6, atol=1e-8), name


@pytest.mark.parametrize("rates", [
    {}, {"dropout": 0.2, "attention_dropout": 0.1, "position_dropout": 0.1},
])  # fmt: skip
def test_checkpointed_activations_change_nothing(rates):
    x = one_hot(2)
    results = []
    for checkpointed in (False, True):
        model = trained_network(12, **rates)
        model.checkpoint_activations = checkpointed
        torch.manual_seed(13)
        y = model(x)
        results.append([y, *gradients(model, y), *model.buffers()])
    for plain, found in zip(*results, strict=True):
        assert torch.equal(found, plain)


def test_heads_share_a_trunk():
    human = trained_network(14)
    mouse = human.with_head("mouse")
    assert (human.tracks, mouse.tracks, mouse.training) == (5, 3, True)
    assert mouse.state_dict().keys() == human.state_dict().keys()
    x = one_hot(2)
    trunk = human.trunk(x)
    assert torch.equal(human.read_out(trunk), human(x))
    assert torch.equal(mouse.read_out(trunk), mouse(x))
    mouse(x).sum().backward()
    assert human.stem.conv.weight.grad.abs().sum() > 0
    assert human.head.weight.grad is None
    shared = {id(p) for p in human.parameters()} & {id(p) for p in mouse.parameters()}
    assert len(shared) == len(list(human.parameters())) - 2
    with pytest.raises(InputError, match="head 'fly' is not in"):
        human.with_head("fly")


def test_dropout_acts_in_training_only():
    model, x = trained_network(15, dropout=0.2), one_hot(1)
    with torch.no_grad():
        assert not torch.equal(model(x), model(x))
        model.eval()
        assert torch.equal(model(x), model(x))


def test_initial_constants():
    model = trained_network(17)
    model.initialise()
    state = model.state_dict()
    for name, values in state.items():
        if name.endswith("attention.output.weight") or name.endswith((".bias", "running_mean")):
            assert not values.any(), name
        elif name.endswith("norm.weight") or name.endswith("running_var"):
            assert (values == 1).all(), name
        elif "num_batches" not in name:
            assert values.any(), name


def test_draw_for_show_lets_far_bases_matter():
    model = trained_network(19).eval()
    model.draw_alive()
    x = one_hot(1)
    changed = x.clone()
    changed[:, :, 5] = x[:, [1, 2, 3, 0], 5]
    with torch.inference_mode():
        assert ((model(x) - model(changed)).abs().amax(1) > 0).all()
