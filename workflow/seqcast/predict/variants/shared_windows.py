"""Variants that share a window."""

from collections.abc import Sequence

from seqcast.predict.variants.alleles import Edit, Geometry


def shared_windows(
    edits: Sequence[Edit | str], geometry: Geometry, cluster: float
) -> list[int | None]:
    """Start of the window each edit shares with its neighbours; None: a window of its own.

    Parameters
    ----------
    edits : sequence of Edit or str
        In file order; a str stands for a variant that cannot be scored.
    cluster : float
        A new window begins where a variant lies on another contig than the first of the current
        one, before it, or at least this share of the window's length behind it. 0: no sharing.

    Notes
    -----
    baskerville ``snps.py`` at 544073b (``cluster_snps``): greedy in file order, the window centred
    on the middle of first and last position.
    """
    reach = int(geometry.length_bp * cluster)
    groups: list[list[int]] = []
    head = None
    for i, edit in enumerate(edits):
        if isinstance(edit, str):
            continue
        if (
            head is None
            or edit.contig != head.contig
            or not head.pos <= edit.pos < head.pos + reach
        ):
            head = edit
            groups.append([])
        groups[-1].append(i)
    starts: list[int | None] = [None] * len(edits)
    for group in groups:
        positions = [edit.pos for i in group if isinstance(edit := edits[i], Edit)]
        if len(group) > 1:
            middle = (min(positions) + max(positions)) // 2
            for i in group:
                starts[i] = middle - geometry.length_bp // 2
    return starts
