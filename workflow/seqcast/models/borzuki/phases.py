"""Stem and tower of windows that start anywhere in a sequence, with what they share computed once.

A pooling joins positions in pairs, so that windows whose starts differ by an odd number of
positions of some resolution have nothing in common from there on. Up to there they have: at 2^k bp
there are 2^k phases at most, and for n windows n at most. Most of the work is at 2 to 8 bp.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from seqcast.models.borzuki.blocks import Stem, Tower
from seqcast.models.layers import max_pool

Place = tuple[int, int]  # the base at which some cells start, and their number


def convolve_at(
    stem: Stem, tower: Tower, x: Tensor, places: Sequence[Place], skip_bins_bp: set[int]
) -> list[dict[int, Tensor]]:
    """Tokens of runs of cells, and what was wanted before pooling, by base pairs of a position.

    Parameters
    ----------
    stem : Stem
    tower : Tower
    x : Tensor, shape=(1, length, 4)
        One-hot bases, with so many on either side of the runs as a cell has and sees.
    places : sequence of (int, int)
        First base of each run in `x`, and its cells, of the size of a token.
    skip_bins_bp : set of int
        Resolutions to give before pooling.

    Returns
    -------
    list of dict
        For each run ``(1, positions, channels)`` by resolution; parts of larger tensors.
    """
    found: list[dict[int, Tensor]] = [{} for _ in places]
    cell_bp = 2 << len(tower.blocks)

    def take(y: Tensor, origin: int, bin_bp: int, members: Mapping[int, Place]) -> None:
        for i, (start, cells) in members.items():
            first = (start - origin) // bin_bp
            found[i][bin_bp] = y[:, first : first + cells * (cell_bp // bin_bp)]

    def descend(
        blocks: Sequence[nn.Module], x: Tensor, origin: int, bin_bp: int,
        members: Mapping[int, Place],
    ) -> None:  # fmt: skip
        """The rest of the tower for `members`, all at whole positions of x from `origin` on."""
        if not blocks:
            take(x, origin, bin_bp, members)
            return
        phases = [_at_parity(members, origin, bin_bp, odd) for odd in (0, 1)]
        whole: Tensor | None = None
        if bin_bp in skip_bins_bp or all(phases):
            whole = blocks[0](x, pool=False)
            if bin_bp in skip_bins_bp:
                take(whole, origin, bin_bp, members)
        for odd, part in enumerate(phases):
            if part:
                pairs = _pairs(x if whole is None else whole, odd)
                pooled = blocks[0](pairs, pool=True) if whole is None else max_pool(pairs)
                descend(blocks[1:], pooled, origin + odd * bin_bp, 2 * bin_bp, part)

    descend([stem, *tower.blocks], x, 0, 1, dict(enumerate(places)))
    return found


def _at_parity(
    members: Mapping[int, Place], origin: int, bin_bp: int, odd: int
) -> dict[int, Place]:
    """Those that start an even or odd number of positions behind `origin`."""
    return {i: at for i, at in members.items() if (at[0] - origin) // bin_bp % 2 == odd}


def _pairs(x: Tensor, first: int) -> Tensor:
    """Positions from `first` on, an even number of them."""
    return x[:, first : first + (x.shape[1] - first) // 2 * 2]
