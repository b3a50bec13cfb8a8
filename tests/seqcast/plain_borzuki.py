"""The Borzuki network written down plainly: the slow oracle of `seqcast.models.borzuki.network`.

Channels first, no tiles, every distance's key multiplied out and shifted into place as in
Transformer-XL. Only the tensors are shared with the fast network. Of training it has the norms by
batch statistics, without dropout.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcast.models.borzuki.network import Borzuki


def plain_forward(
    model: Borzuki, one_hot: Tensor, state: dict[str, Tensor] | None = None
) -> Tensor:
    """``(batch, 4, length)`` to ``(batch, tracks, bins)``, equal to ``model(one_hot)``.

    `state` replaces the tensors of the model's ``state_dict``.
    """
    state = model.state_dict() if state is None else dict(state)
    if model.training:
        state = {name: tensor for name, tensor in state.items() if "running" not in name}
    x = F.max_pool1d(_conv(state, "stem.conv", one_hot), 2)
    skips = []
    for i in range(len(model.tower.blocks)):
        x = _conv(state, f"tower.blocks.{i}.conv", _gelu(_norm(state, f"tower.blocks.{i}.norm", x)))
        skips.append(x)
        x = F.max_pool1d(x, 2)
    x = x.mT
    for i, block in enumerate(model.transformer):
        x = _transformer(
            state, f"transformer.{i}", x, block.attention.heads, block.has_feed_forward
        )
    x = x.mT
    for i in range(len(model.unet)):
        skip = _dense(
            state,
            f"unet.{i}.skip_dense",
            _gelu(_norm(state, f"unet.{i}.skip_norm", skips.pop())).mT,
        )
        x = _gelu(_norm(state, f"unet.{i}.norm", x)).mT
        if f"unet.{i}.dense.weight" in state:
            x = _dense(state, f"unet.{i}.dense", x)
        x = (F.interpolate(x.mT, scale_factor=2, mode="nearest").mT + skip).mT
        kernel = state[f"unet.{i}.conv.depthwise.weight"].squeeze(2)
        x = F.conv1d(x, kernel, padding=kernel.shape[2] // 2, groups=x.shape[1])
        x = _dense(state, f"unet.{i}.conv.pointwise", x.mT).mT
    if model.crop_bins:
        x = x[..., model.crop_bins : -model.crop_bins]
    return F.softplus(_dense(state, "head", _gelu(x).mT)).mT


def _conv(state, name, x):
    kernel = state[f"{name}.weight"].squeeze(2)
    return F.conv1d(x, kernel, state[f"{name}.bias"], padding=kernel.shape[2] // 2)


def _norm(state, name, x):
    mean, variance = state.get(f"{name}.running_mean"), state.get(f"{name}.running_var")
    if mean is None:
        mean, variance = x.mean((0, 2)), x.var((0, 2), correction=0)
    x = (x - mean[:, None]) / (variance[:, None] + 1e-3).sqrt()
    return x * state[f"{name}.weight"][:, None] + state[f"{name}.bias"][:, None]


def _gelu(x):
    return 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))


def _dense(state, name, x):
    return F.linear(x, state[f"{name}.weight"], state.get(f"{name}.bias"))


def _layer_norm(state, name, x):
    return F.layer_norm(x, x.shape[-1:], state[f"{name}.weight"], state[f"{name}.bias"], eps=1e-3)


def _transformer(state, name, x, heads, has_feed_forward):
    x = x + _attention(
        state, f"{name}.attention", _layer_norm(state, f"{name}.attention_norm", x), heads
    )
    if not has_feed_forward:
        return x
    hidden = F.relu(
        _dense(state, f"{name}.expand", _layer_norm(state, f"{name}.feed_forward_norm", x))
    )
    return x + _dense(state, f"{name}.contract", hidden)


def _attention(state, name, x, heads):
    q, k, v = (_dense(state, f"{name}.{part}", x).unflatten(2, (heads, -1)).transpose(1, 2)
               for part in ("query", "key", "value"))  # fmt: skip
    n = x.shape[1]
    q = q / q.shape[-1] ** 0.5
    features = _position_features(n, state[f"{name}.position.weight"].shape[1]).to(x)
    r = _dense(state, f"{name}.position", features).unflatten(1, (heads, -1)).transpose(0, 1)
    relative = (q + state[f"{name}.position_bias"]) @ r.mT  # (batch, heads, n, 2 n - 1)
    # Transformer-XL's shift: pad one column, fold, drop the first row, fold back
    padded = F.pad(relative, (1, 0)).reshape(*relative.shape[:2], 2 * n, n)[:, :, 1:]
    relative = padded.reshape(*relative.shape)[..., :n]
    weights = ((q + state[f"{name}.content_bias"]) @ k.mT + relative).softmax(-1)
    return _dense(state, f"{name}.output", (weights @ v).transpose(1, 2).flatten(2))


def _position_features(n, features):
    half = features // 2
    rate = torch.exp(torch.log(torch.tensor(n + 1.0, dtype=torch.float64)) / half).float()
    widths = rate ** torch.arange(1, half + 1).float() - 1
    distance = torch.arange(-n + 1, n).float()[:, None]
    inside = (widths > distance.abs()).float()
    return torch.cat([inside, distance.sign() * inside], 1)
