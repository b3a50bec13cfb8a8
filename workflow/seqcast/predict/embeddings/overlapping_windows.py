"""Sequences that are longer than a model takes: which part of them each window stands for."""

import math
from typing import NamedTuple


class Piece(NamedTuple):
    """What a model sees at once of a text: symbols ``[start, stop)``.

    Symbols ``[kept, stop)`` get their features here; those before ``kept`` only give context.
    """

    start: int
    stop: int
    kept: int


def pieces_of(length: int, longest: int, too_long: str, overlap: int = 0) -> list[Piece]:
    """Pieces of a text, in order; the whole text where the model takes it.

    Windows are of the length that the model takes; the last one ends with the text. As a causal
    model knows more of a symbol the more symbols stand before it, each symbol is kept from the
    first window that holds it, where it stands furthest from the window's start.

    Parameters
    ----------
    length : int
        Symbols of the text.
    longest : int
        Symbols that the model takes, without its end token.
    too_long : str
        See `EmbedOptions`.
    overlap : int
        Symbols that neighbouring windows share at least, from 1 to ``longest - 1``.

    Returns
    -------
    list of Piece
        Empty for a text that is too long where `too_long` is "status" or "error".
    """
    if length <= longest:
        return [Piece(0, length, 0)]
    if too_long == "truncate_left":
        return [Piece(length - longest, length, length - longest)]
    if too_long == "truncate_right":
        return [Piece(0, longest, 0)]
    if too_long != "window":
        return []
    steps = math.ceil((length - longest) / (longest - overlap))
    stops = [min(longest + i * (longest - overlap), length) for i in range(steps + 1)]
    kept = [0, *stops[:-1]]
    return [Piece(stop - longest, stop, first) for stop, first in zip(stops, kept, strict=True)]
