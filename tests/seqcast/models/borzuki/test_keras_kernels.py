"""Initial values and penalties of Borzuki's tensors as Keras has them."""

import copy

import pytest
import torch

from seqcast.models.interface import build_model
from tests.seqcast.models.borzuki.test_network import TINY

# as Keras 2.15 made them when the original was run
LECUN, HE, GLOROT = "lecun_normal", "he_normal", "glorot_uniform"
EXPECTED_KERNELS = [  # part of the name, distribution, fan in and out (in Keras' shapes), L2
    ("stem.conv.weight", LECUN, 11 * 4, None, 5e-7),
    ("tower.blocks.0.conv.weight", LECUN, 5 * 8, None, 5e-7),
    ("transformer.1.attention.query.weight", HE, 16, None, 2e-8),
    ("transformer.1.attention.position.weight", HE, 8, None, 2e-8),
    ("transformer.1.attention.content_bias", HE, 2, None, 0),
    ("transformer.1.attention.position_bias", HE, 2, None, 0),
    ("transformer.0.expand.weight", HE, 16, None, 1e-8),
    ("transformer.0.contract.weight", HE, 32, None, 1e-8),
    ("unet.1.skip_dense.weight", LECUN, 12, None, 5e-7),
    ("unet.0.conv.depthwise.weight", GLOROT, 3 * 16, 3, 0),
    ("unet.0.conv.pointwise.weight", GLOROT, 16, 16, 0),
    ("head.weight", LECUN, 16, None, 5e-7),
]


def original_network():
    params = copy.deepcopy(TINY)
    params["model"]["trunk"][2] |= {
        "kernel_initializer": "he_normal", "l2_scale": 1e-8, "mha_l2_scale": 2e-8,
    }  # fmt: skip
    return build_model("borzuki", params, "human")


@pytest.mark.parametrize(
    ("name", "distribution", "fan_in", "fan_out", "l2_scale"), EXPECTED_KERNELS
)
def test_initial_kernels_are_distributed_as_those_of_keras(
    name, distribution, fan_in, fan_out, l2_scale
):
    model = original_network()
    scales = {id(kernel.values): kernel.l2_scale for kernel in model.kernels()}
    assert scales[id(model.get_parameter(name))] == l2_scale
    torch.manual_seed(16)
    values = []
    for _ in range(40):
        model.initialise()
        values.append(model.get_parameter(name).detach().flatten().clone())
    values = torch.cat(values)
    if distribution == GLOROT:
        limit = (6 / (fan_in + fan_out)) ** 0.5
        std = limit / 3**0.5
    else:
        std = ({LECUN: 1, HE: 2}[distribution] / fan_in) ** 0.5
        limit = 2 * std / 0.87962566103423978
    assert values.abs().max() <= limit * (1 + 1e-6)
    # at least 320 values: the standard error of a standard deviation is below 4 %
    assert values.std().item() == pytest.approx(std, rel=0.12)


def test_penalty_is_that_of_the_kernels():
    model = original_network()
    torch.manual_seed(18)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    scales = {"stem": 5e-7, "tower": 5e-7, "unet": 5e-7, "head": 5e-7}
    expected = 0.0
    for name, values in model.named_parameters():
        if name.endswith("bias") or "norm" in name or "depthwise" in name or "pointwise" in name:
            continue  # no penalty on biases, norms and separable kernels
        scale = scales.get(name.split(".")[0], 2e-8 if "attention" in name else 1e-8)
        expected += scale * (values.detach().double() ** 2).sum().item()
    penalty = model.regularisation()
    assert penalty.item() == pytest.approx(expected, rel=1e-5)
    penalty.backward()
    assert torch.allclose(model.head.weight.grad, 1e-6 * model.head.weight, rtol=1e-5)
