"""Where the blocks of a bigWig file lie: checked before a reader is told to read them.

The reader takes memory for as many bytes as the index says, and ends the whole process if there
are not so many: a changed byte of the index is no error that Python could see.

Source of the layout: Kent et al., Bioinformatics 2010, supplement; UCSC's bbiFile.h and cirTree.h.
"""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from seqcast.core.errors import InputError

MAGIC, INDEX_MAGIC = 0x888FFC26, 0x2468ACE0
HEADER_BYTES, INDEX_HEADER_BYTES = 64, 48
AT_INDEX = 24  # in the file's header: where the index begins
BOUNDS = [("chrom", "u4"), ("start", "u4"), ("end_chrom", "u4"), ("end", "u4")]
LEAF, NODE = [*BOUNDS, ("offset", "u8"), ("size", "u8")], [*BOUNDS, ("offset", "u8")]
REMEDY = "Download the file again, or make it again."


def check_bigwig(path: Path) -> None:
    """Stop at what is no bigWig file, or at an index that points outside of it.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        If the file is missing, of another kind, truncated, or its index damaged.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist; expected a bigWig file. Check the targets table.")
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
        order = {MAGIC.to_bytes(4, "little"): "<", MAGIC.to_bytes(4, "big"): ">"}.get(head[:4])
        if order is None:
            raise InputError(
                f"{path} begins with {head[:4]!r}; expected a bigWig file. Convert bedGraph with "
                "bedGraphToBigWig, BAM with this workflow."
            )
        if len(head) < HEADER_BYTES:
            raise InputError(f"{path} ends inside its header; expected a bigWig file. {REMEDY}")
        _check_index(file, order, int(np.frombuffer(head, f"{order}u8", 1, AT_INDEX)[0]))


def _check_index(file: BinaryIO, order: str, start: int) -> None:
    """Walk through the tree of an index; each node lies in the file, and comes once."""
    size = file.seek(0, 2)

    def read(offset: int, n_bytes: int) -> bytes:
        if offset + n_bytes > size:
            raise InputError(
                f"{file.name} cannot be read (its index points at byte {offset + n_bytes} of "
                f"{size}); expected a whole bigWig file. {REMEDY}"
            )
        file.seek(offset)
        return file.read(n_bytes)

    magic = int(np.frombuffer(read(start, INDEX_HEADER_BYTES), f"{order}u4", 1)[0])
    pending, seen = [start + INDEX_HEADER_BYTES], set()
    while pending and magic == INDEX_MAGIC:
        at = pending.pop()
        if at in seen:
            magic = 0
        seen.add(at)
        head = read(at, 4)
        count = int(np.frombuffer(head, f"{order}u2", 1, 2)[0])
        kind = np.dtype([(name, f"{order}{code}") for name, code in (LEAF if head[0] else NODE)])
        items = np.frombuffer(read(at + 4, count * kind.itemsize), kind)
        if head[0]:
            # no sum, which could exceed 64 bits
            outside = (items["offset"] > size) | (
                items["size"] > size - items["offset"].clip(0, size)
            )
            if outside.any():
                first = items[outside][0]
                read(int(first["offset"]), int(first["size"]))
        else:
            pending += items["offset"].tolist()
    if magic != INDEX_MAGIC:
        raise InputError(
            f"{file.name} cannot be read (its index is damaged); expected a whole bigWig file. "
            f"{REMEDY}"
        )
