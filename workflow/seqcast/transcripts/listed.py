"""Sequences that Python holds in a list, as rows of the table of transcripts."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import polars as pl

from seqcast.core.errors import InputError
from seqcast.transcripts.given import judge_sequences

Cds = tuple[int, int] | None


def listed(values: Any, name: str, expected: str) -> list:
    """Values of an argument in their order, which a mapping, a set and a table do not have."""
    one_by_one = isinstance(values, Iterable) and not isinstance(
        values, str | bytes | Mapping | Set
    )
    if not one_by_one or hasattr(values, "columns"):
        raise InputError(
            f"{name} is of type {type(values).__name__}; expected {expected}. Convert it to a list."
        )
    return list(values)


def _ends_of(number: int, one: Any) -> tuple[str | None, str | None]:
    """Start and end of a CDS as text, which `judge_sequences` takes whatever their types."""
    if one is None:
        return None, None
    ends = () if isinstance(one, str) or not isinstance(one, Iterable) else tuple(one)
    if len(ends) != 2:
        raise InputError(
            f"cds[{number}] is {one!r:.60}; expected (start, end) in nt, 0-based half-open, or None"
        )
    start, end = (None if end is None else str(end) for end in ends)
    return start, end


def listed_sequences(sequences: Sequence[str], cds: str | Sequence[Cds] | None) -> pl.DataFrame:
    """Sequences as the table of transcripts, checked as those of files are."""
    for i, text in enumerate(sequences):
        if not isinstance(text, str):
            raise InputError(f"sequences[{i}] is {text!r:.60}; expected text")
    given: dict[str, Any] = {"id": [f"sequence{i}" for i in range(len(sequences))]}
    given["sequence"] = [text.strip() for text in sequences]
    if not (cds is None or isinstance(cds, str)):
        pairs = listed(cds, "cds", "whole, none, or a list of (start, end)")
        if len(pairs) != len(sequences):
            raise InputError(
                f"cds has {len(pairs)} entries; expected {len(sequences)}, one per sequence"
            )
        starts, ends = zip(*(_ends_of(i, one) for i, one in enumerate(pairs)), strict=True)
        given |= {"cds_start": list(starts), "cds_end": list(ends)}
    table = pl.DataFrame(given)
    return judge_sequences(table, "the list of sequences", cds if isinstance(cds, str) else "")
