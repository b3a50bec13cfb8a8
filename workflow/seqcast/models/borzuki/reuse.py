"""Parts of Borzuki's transformer and U-net: what some bins need, and what an edit changes.

Both give the numbers of the whole computation but for rounding.

**Some bins.** A bin of the output needs a few positions of each step of the U-net, and of the last
attention layer the queries of their tokens alone; every key of it, and all of the layers before.

**The first layer.** An edit changes a few tokens, and so a few keys of the first layer. Of a known
window are kept what each query mixed, m, and the logarithm L of the total of its weights. With the
weights w = exp(logit - L) of the changed keys, before and after, a query now mixes

    (m - sum(w_old v_old) + sum(w_new v_new)) / (1 - sum(w_old) + sum(w_new))

Subtraction loses digits where the changed keys had nearly all of the weight: such queries, and
those of the changed tokens, are computed again. All this is in single precision at least.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.models.borzuki.attention import RelativeAttention
from seqcast.models.borzuki.attention_forms import QUERY_ROWS
from seqcast.models.borzuki.blocks import TransformerBlock, UNetStep
from seqcast.models.coverage import ChangedCells
from seqcast.models.layers import affine, gelu

MOST_REMOVED = 0.75  # fraction of the weights of a query that may be subtracted: costs two bits
MOST_ADDED = 60.0  # logit of a new key above the logarithm of the total; e^88 is too large a float


class FirstLayer(NamedTuple):
    """What is kept of the first attention layer of one window of n tokens.

    Attributes
    ----------
    query, by_band, key, value : Tensor, shape=(1, heads, n, ...)
        As `RelativeAttention` makes them.
    mixed : Tensor, shape=(1, heads, n, values)
    log_total : Tensor, shape=(1, heads, n, 1)
    """

    query: Tensor
    by_band: Tensor
    key: Tensor
    value: Tensor
    mixed: Tensor
    log_total: Tensor


class Level(NamedTuple):
    """Positions of one step of the U-net, each ascending: of its output, what they are made of."""

    n: int  # positions of the whole output
    made: Tensor
    inputs: Tensor  # of the same resolution, after upsampling
    coarse: Tensor  # of half the resolution


def levels_of(steps: nn.ModuleList, bins: Tensor, n: int) -> tuple[list[Level], Tensor]:
    """What `bins` of `n` need of each step, in the order of the steps, and which tokens."""
    levels, made = [], bins
    for step in reversed(steps):
        assert isinstance(step, UNetStep)
        halo = step.conv.depthwise.kernel_size[1] // 2
        inputs = (made[:, None] + torch.arange(-halo, halo + 1, device=made.device)).unique()
        inputs = inputs[(inputs >= 0) & (inputs < n)]
        coarse = (inputs // 2).unique_consecutive()
        levels.append(Level(n, made, inputs, coarse))
        made, n = coarse, n // 2
    return levels[::-1], made


def upsample_at(
    steps: nn.ModuleList, x: Tensor, skips: Sequence[Tensor], levels: Sequence[Level]
) -> Tensor:
    """What the steps give for the bins of the last level, from x at the tokens of the first."""
    for step, skip, level in zip(steps, skips, levels, strict=True):
        assert isinstance(step, UNetStep)
        x = _step_at(step, x, skip, level)
    return x


def _step_at(step: UNetStep, x: Tensor, skip: Tensor, level: Level) -> Tensor:
    """Output of a step at ``level.made``, from x at ``level.coarse`` and the whole skip."""
    x = step.dense(gelu(step.norm(x)))
    y = step.skip_dense(gelu(step.skip_norm(skip[:, level.inputs])))
    y = y + x[:, torch.searchsorted(level.coarse, level.inputs // 2)]
    y = F.pad(y, (0, 0, 0, 1))  # zeros, for what is beyond an end
    weight = step.conv.depthwise.weight[:, 0, 0]  # (channels, kernel)
    halo, taps = weight.shape[1] // 2, []
    for k in range(weight.shape[1]):
        at = level.made + k - halo
        inside = (at >= 0) & (at < level.n)
        row = torch.where(inside, torch.searchsorted(level.inputs, at), len(level.inputs))
        taps.append(y[:, row] * weight[:, k])
    return step.conv.pointwise(sum(taps[1:], start=taps[0]))


def transform(
    blocks: nn.ModuleList,
    x: Tensor,
    rows: Tensor | None,
    known: FirstLayer | None,
    changed: ChangedCells | None,
) -> Tensor:
    """All attention layers, of the last one only `rows`.

    Parameters
    ----------
    blocks : ModuleList of TransformerBlock
    x : Tensor, shape=(batch, n, channels)
    rows : Tensor, shape=(r,), int64, optional
        Tokens to give, ascending. Default: all.
    known : FirstLayer, optional
        Of a window, for more than one layer. Without it, the first layer is computed as others are.
    changed : ChangedCells, optional
        Where each of the batch may differ from that window. Without it, anywhere.

    Returns
    -------
    Tensor, shape=(batch, r, channels)
    """
    for i, block in enumerate(blocks):
        assert isinstance(block, TransformerBlock)
        if rows is not None and i == len(blocks) - 1:
            x = _some_rows(block, x, rows)
        elif known is not None and i == 0:
            mixed = _mixed_anew(block, x, known, changed)
            attended = block.attention.output(mixed.transpose(1, 2).flatten(2).to(x.dtype))
            x = block.after_attention(x, attended)
        else:
            x = block(x)
    return x


def _some_rows(block: TransformerBlock, x: Tensor, rows: Tensor) -> Tensor:
    normed, attention = block.attention_norm(x), block.attention
    first, end = int(rows[0]), int(rows[-1]) + 1
    if 2 * len(rows) > end - first:
        attended = attention(normed, (first, end))[:, rows - first]
    else:
        asked, answers = attention.ask(normed[:, rows], x.shape[1]), attention.answer(normed)
        mixed, _ = _attend_at(attention, *asked, *answers, rows)
        attended = attention.output(mixed.transpose(1, 2).flatten(2))
    return block.after_attention(x[:, rows], attended)


def remember(blocks: nn.ModuleList, x: Tensor) -> FirstLayer | None:
    """What the alleles of a window, ``(1, n, channels)``, take from the first layer.

    None if it is the last one too.
    """
    block = blocks[0]
    assert isinstance(block, TransformerBlock)
    return _whole_layer(block, x) if len(blocks) > 1 else None


def _whole_layer(block: TransformerBlock, x: Tensor) -> FirstLayer:
    normed, n = block.attention_norm(x), x.shape[1]
    asked, answers = block.attention.ask(normed, n), block.attention.answer(normed)
    query, by_band, key, value = (_at_least_single(part) for part in (*asked, *answers))
    rows = torch.arange(n, device=x.device)
    mixed, log_total = _attend_at(block.attention, query, by_band, key, value, rows)
    return FirstLayer(query, by_band, key, value, mixed, log_total)


def _mixed_anew(
    block: TransformerBlock, x: Tensor, known: FirstLayer, changed: ChangedCells | None
) -> Tensor:
    """What the queries of each of a batch mix, ``(batch, heads, n, values)``."""
    if changed is None:
        return torch.cat([_whole_layer(block, one[None]).mixed for one in x])
    if not changed.cells:
        return known.mixed.expand(len(x), -1, -1, -1)
    columns = torch.tensor(changed.first, device=x.device)[:, None]
    columns = columns + torch.arange(changed.cells, device=x.device)  # (batch, cells)
    tokens = x.gather(1, columns[:, :, None].expand(-1, -1, x.shape[2]))
    answers = block.attention.answer(block.attention_norm(tokens))
    key, value = map(_at_least_single, answers)
    with torch.autocast(x.device.type, enabled=False):
        mixed, unsafe = _updated(block.attention, known, columns, key, value)
    for b in range(len(x)):
        rows = torch.cat([columns[b], unsafe[b].nonzero()[:, 0]]).unique()
        asked = block.attention.ask(block.attention_norm(x[b : b + 1, rows]), x.shape[1])
        keys = known.key.index_copy(2, columns[b], key[b : b + 1])
        values = known.value.index_copy(2, columns[b], value[b : b + 1])
        anew, _ = _attend_at(block.attention, *asked, keys, values, rows)
        mixed[b, :, rows] = anew[0]
    return mixed


def _updated(
    attention: RelativeAttention, known: FirstLayer, columns: Tensor, key: Tensor, value: Tensor
) -> tuple[Tensor, Tensor]:
    """All queries of the known window with other keys and values at `columns`.

    Returns
    -------
    mixed : Tensor, shape=(batch, heads, n, values)
    unsafe : Tensor, shape=(batch, n), bool
        Queries of which this is not exact.
    """
    batch, (_, heads, n, _) = len(columns), known.query.shape
    _, band = attention.bands(n)
    rows = torch.arange(n, device=columns.device)
    index = band.to(columns.device)[columns[:, None] - rows[:, None] + n - 1]  # (batch, n, cells)
    bias = known.by_band.expand(batch, -1, -1, -1).gather(
        3, index[:, None].expand(-1, heads, -1, -1)
    )
    bias -= known.log_total
    old_key, old_value = (y[0][:, columns].transpose(0, 1) for y in (known.key, known.value))
    old, new = (_products(known.query, keys) + bias for keys in (old_key, key))
    greatest = new.amax(3)
    old, new = old.exp_(), new.exp_()
    removed = old.sum(3)
    weights, values = torch.cat([new, -old], 3), torch.cat([value, old_value], 2)
    mixed = known.mixed + weights @ values
    mixed /= 1 + weights.sum(3, keepdim=True)
    unsafe = (removed > MOST_REMOVED) | (greatest > MOST_ADDED)
    return mixed, unsafe.any(1)


def _products(query: Tensor, keys: Tensor) -> Tensor:
    """``(1, heads, n, size)`` with ``(batch, heads, cells, size)`` to (batch, heads, n, cells)."""
    batch, heads, cells, size = keys.shape
    joined = keys.permute(1, 3, 0, 2).reshape(heads, size, batch * cells)
    return (query[0] @ joined).unflatten(2, (batch, cells)).permute(2, 0, 1, 3)


def _attend_at(
    attention: RelativeAttention, query: Tensor, by_band: Tensor, key: Tensor, value: Tensor,
    rows: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Mixed values and the logarithms of total weights, of queries at any positions `rows`."""
    n = key.shape[2]
    query, by_band, key, value = map(_at_least_single, (query, by_band, key, value))
    _, band = attention.bands(n)
    band, columns = band.to(rows.device), torch.arange(n, device=rows.device)
    parts = []
    with torch.autocast(query.device.type, enabled=False):
        for start in range(0, len(rows), QUERY_ROWS):
            block = slice(start, start + QUERY_ROWS)
            index = band[columns - rows[block, None] + n - 1]
            bias = by_band[:, :, block].gather(3, index.expand(*query.shape[:2], -1, -1))
            logits = _per_head(query[:, :, block], key).add_(bias)
            log_total = logits.logsumexp(3, keepdim=True)
            parts.append((_per_head(logits.sub_(log_total).exp_(), value.mT), log_total))
    mixed, log_total = (torch.cat(part, 2) for part in zip(*parts, strict=True))
    return mixed, log_total


def _per_head(x: Tensor, weight: Tensor) -> Tensor:
    """``x @ weight.mT`` of each head, by the library that suits the device."""
    if x.device.type != "cpu":
        return x @ weight.mT
    pairs = zip(x.flatten(0, 1), weight.flatten(0, 1), strict=True)
    return torch.stack([affine(a, b.contiguous()) for a, b in pairs]).unflatten(0, x.shape[:2])


def _at_least_single(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))
