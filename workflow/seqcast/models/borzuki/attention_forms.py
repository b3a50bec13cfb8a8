"""Forms of one attention: equal but for rounding, in other times and with other memory.

    plain   all logits at once: the oracle
    rows    blocks of queries, whose logits stay in the cache of a CPU; products by `layers.affine`
    fused   torch's fused kernels; of (n, n) only the position term is materialised
    flex    a kernel that torch compiles and that looks the position term up; takes a C++ compiler,
            or Triton on a GPU, and some 20 s a process before the first result

On a CPU `rows` is preferred, on a GPU `fused`. Once a process, for each device, precision and size,
a form is compared with the oracle on a small case, and left out if it fails or is wrong. Another
one than the preferred is taken only if it is much faster (`MARGIN`): forms differ in the last bits,
and shards, or a run that is resumed, are to give the same ones. Of flex nothing is known before it
is compiled, and so it runs only where ``SEQCAST_ATTENTION`` names it.
"""

import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.models.layers import affine
from seqcast.models.settings import AUTO

Case = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, int]  # arguments of `attend`
Form = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, int], Tensor]

logger = logging.getLogger(__name__)

VARIABLE = "SEQCAST_ATTENTION"
QUERY_ROWS = 256
MARGIN = 1.3  # times as fast
TIMED_LENGTH = 1024  # positions; in shorter windows there is little time to win
TRIES = 5
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-4}  # of the largest value
ROUGH = 3e-2  # in bfloat16, and where a GPU rounds products to TF32


def attend(
    query: Tensor, key: Tensor, value: Tensor, by_band: Tensor, band: Tensor, start: int = 0
) -> Tensor:
    """Values mixed for queries of neighbouring positions.

    Parameters
    ----------
    query : Tensor, shape=(batch, heads, rows, key_size)
    key : Tensor, shape=(batch, heads, n, key_size)
    value : Tensor, shape=(batch, heads, n, value_size)
    by_band : Tensor, shape=(batch, heads, rows, bands)
        Position terms of the logits.
    band : Tensor, shape=(2 n - 1,), int64
        Band of each distance, of which -(n - 1) is the first.
    start : int
        Position of the first query.

    Returns
    -------
    Tensor, shape=(batch, heads, rows, value_size)

    Raises
    ------
    InputError
        If ``SEQCAST_ATTENTION`` names no form.
    """
    if torch.is_grad_enabled() and query.requires_grad:
        # what reads rows by strides takes 50 times as long in backward, and forms are timed forward
        return attend_fused(query, key, value, by_band, band, start)
    form = choose_form(
        os.environ.get(VARIABLE) or AUTO, query.device, value.dtype,
        key.shape[2] >= TIMED_LENGTH, (query.shape[3], value.shape[3]),
    )  # fmt: skip
    return form(query, key, value, by_band, band, start)


def attend_plainly(
    query: Tensor, key: Tensor, value: Tensor, by_band: Tensor, band: Tensor, start: int
) -> Tensor:
    """All logits at once."""
    bias = by_band.gather(3, _band_of_pair(query, key, band, start).expand(*by_band.shape[:3], -1))
    return (query @ key.mT + bias).softmax(-1).to(value.dtype) @ value


def attend_by_rows(
    query: Tensor, key: Tensor, value: Tensor, by_band: Tensor, band: Tensor, start: int
) -> Tensor:
    """Blocks of queries; logits are in single precision at least.

    The lookup by distance is a product with a 0/1 matrix (exact), read back with the row stride
    shortened by one, which moves row i left by i: the relative shift without a copy.
    """
    n, asking = key.shape[2], query.shape[2]
    query, key, by_band = (
        t.to(torch.promote_types(t.dtype, torch.float32)) for t in (query, key, by_band)
    )
    one_hot = F.one_hot(band, by_band.shape[3]).to(query)  # (2 n - 1, bands)
    mixed = []
    with torch.autocast(query.device.type, enabled=False):
        for q, k, v, b in zip(
            *(t.flatten(0, 1) for t in (query, key, value, by_band)), strict=True
        ):
            k, v = k.contiguous(), v.T.contiguous()
            blocks = []
            for row in range(0, asking, QUERY_ROWS):
                rows = min(QUERY_ROWS, asking - row)
                first = n - start - row - rows  # distance of key 0 to the block's last query
                width = n + rows - 1
                shifted = affine(b[row : row + rows], one_hot[first : first + width])
                bias = shifted.as_strided(
                    (rows, n), (width - 1, 1), shifted.storage_offset() + rows - 1
                )
                logits = affine(q[row : row + rows], k).add_(bias)
                blocks.append(affine(logits.softmax(-1).to(v.dtype), v))
            mixed.append(torch.cat(blocks))
    shape = (*query.shape[:3], value.shape[3])
    return torch.stack(mixed).view(shape) if mixed else value.new_empty(shape)


def attend_fused(
    query: Tensor, key: Tensor, value: Tensor, by_band: Tensor, band: Tensor, start: int
) -> Tensor:
    """Torch's fused kernels. Their flash kernel for CPUs takes values of the size of keys alone."""
    bias = by_band.gather(3, _band_of_pair(query, key, band, start).expand(*by_band.shape[:3], -1))
    query, key, bias = (t.to(value.dtype) for t in (query, key, bias))
    return F.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=1.0)


def attend_flexibly(
    query: Tensor, key: Tensor, value: Tensor, by_band: Tensor, band: Tensor, start: int
) -> Tensor:
    """A compiled kernel; for gradients, which it does not give on a CPU, the fused ones."""
    if torch.is_grad_enabled() and any(t.requires_grad for t in (query, key, value, by_band)):
        return attend_fused(query, key, value, by_band, band, start)
    distance = torch.tensor(
        key.shape[2] - 1 - start, device=query.device
    )  # no constant of a kernel
    query, key = query.to(value.dtype), key.to(value.dtype)
    return _compiled()(query, key, value, by_band, band, distance)


@lru_cache(maxsize=1)
def _compiled() -> Callable[..., Tensor]:
    from torch.nn.attention.flex_attention import flex_attention  # 1 s to import

    def run(
        query: Tensor, key: Tensor, value: Tensor, by_band: Tensor, band: Tensor, distance: Tensor
    ) -> Tensor:
        def positioned(
            logit: Tensor, batch: Tensor, head: Tensor, row: Tensor, column: Tensor
        ) -> Tensor:
            return logit + by_band[batch, head, row, band[column - row + distance]]

        return flex_attention(query, key, value, score_mod=positioned, scale=1.0)

    return torch.compile(run)


FORMS: dict[str, Form] = {
    "plain": attend_plainly, "rows": attend_by_rows, "fused": attend_fused, "flex": attend_flexibly,
}  # fmt: skip
PREFERRED = {"cpu": ("rows", "fused")}  # the first by default
PREFERRED_ELSEWHERE = ("fused", "rows")


def _band_of_pair(query: Tensor, key: Tensor, band: Tensor, start: int) -> Tensor:
    position = torch.arange(key.shape[2], device=query.device)
    row = position[start : start + query.shape[2], None]
    return band[position - row + len(position) - 1]


@lru_cache(maxsize=64)
def choose_form(
    named: str, device: torch.device, dtype: torch.dtype, is_long: bool, sizes: tuple[int, int]
) -> Form:
    """The form for values of `dtype` on a device; told in the log.

    Parameters
    ----------
    named : str
        A key of `FORMS`, or "auto".
    device : torch.device
    dtype : torch.dtype
    is_long : bool
        Whether there are at least `TIMED_LENGTH` positions.
    sizes : (int, int)
        Of keys and of values.

    Raises
    ------
    InputError
        If no form is called `named`.
    """
    if named not in (AUTO, *FORMS):
        raise InputError(f"{VARIABLE}={named!r}; expected auto, {', '.join(FORMS)}")
    preferred = PREFERRED.get(device.type, PREFERRED_ELSEWHERE)
    names = preferred if named == AUTO else (named, *preferred)
    with torch.inference_mode(), torch.autocast(device.type, enabled=False):
        right = [name for name in names if _is_right(name, device, dtype, sizes)]
        chosen, told = (right or ["plain"])[0], ""
        if named == AUTO and is_long and len(right) > 1:
            ratios = _times(right, _case(range(TIMED_LENGTH), TIMED_LENGTH, device, dtype, sizes))
            told = "; times " + ", ".join(f"{k} {v:.2g}" for k, v in ratios.items())
            chosen = min(ratios, key=lambda name: ratios[name] * (1 if name == chosen else MARGIN))
    logger.info("attention: %s (%s, %s%s)", chosen, device, dtype, told)
    return _guarded(chosen) if chosen == "flex" else FORMS[chosen]


def _case(
    rows: range, n: int, device: torch.device, dtype: torch.dtype, sizes: tuple[int, int]
) -> Case:
    """Random arguments of a form, the same each time."""
    generator = torch.Generator().manual_seed(0)
    heads, bands = 2, 9

    def draw(positions: int, size: int) -> Tensor:
        drawn = torch.randn(1, heads, positions, size, generator=generator)
        return drawn.to(device, dtype)

    query = draw(len(rows), sizes[0]) * sizes[0] ** -0.5
    by_band, key, value = draw(len(rows), bands), draw(n, sizes[0]), draw(n, sizes[1])
    band = torch.arange(2 * n - 1, device=device) * bands // (2 * n - 1)
    return query, key, value, by_band, band, rows.start


def _is_right(name: str, device: torch.device, dtype: torch.dtype, sizes: tuple[int, int]) -> bool:
    """Whether a form gives what the oracle does for some rows of a window."""
    case = _case(range(20, 290), 300, device, dtype, sizes)
    rough = device.type == "cuda" and torch.backends.cuda.matmul.allow_tf32
    tolerance = ROUGH if rough else TOLERANCE.get(dtype, ROUGH)
    try:
        expected, found = attend_plainly(*case), FORMS[name](*case)
        difference = ((found - expected).abs().max() / expected.abs().max()).item()
    except Exception as error:  # of a compiler, of a build for another GPU: any
        reason = str(error).partition("\n")[0][:200]
        logger.warning("attention: %s fails here (%s: %s)", name, type(error).__name__, reason)
        return False
    if not difference <= tolerance:
        logger.warning("attention: %s is off by %.1e here and left out", name, difference)
        return False
    return True


def _times(names: Sequence[str], case: Case) -> dict[str, float]:
    """Least time of each form, in times of the first one's; measured in turn."""
    seconds = dict.fromkeys(names, math.inf)
    for _ in range(TRIES):
        for name in names:
            start = time.perf_counter()
            FORMS[name](*case).sum().item()  # which waits for a GPU
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return {name: seconds[name] / seconds[names[0]] for name in names}


def _guarded(name: str) -> Form:
    """A form until it fails for the first time, then the preferred one."""
    failed = False

    def run(*arguments: Any) -> Tensor:
        nonlocal failed
        if not failed:
            try:
                return FORMS[name](*arguments)
            except torch.OutOfMemoryError:
                raise  # to whoever halves the batch
            except Exception as error:
                failed = True
                logger.warning("attention: no longer %s, which failed: %s", name, error)
        device = arguments[0].device.type
        return FORMS[PREFERRED.get(device, PREFERRED_ELSEWHERE)[0]](*arguments)

    return run
