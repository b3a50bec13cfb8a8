"""Writes TFRecord data sets: the other direction, by the format's description, for the tests."""

import json
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np


def crc32c(data: bytes) -> int:
    """RFC 3720, appendix B.4, bit by bit: the reflected polynomial 0x82F63B78."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def varint(number: int) -> bytes:
    low = number & 0x7F
    return bytes([low]) if number < 0x80 else bytes([low | 0x80]) + varint(number >> 7)


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def example(features: dict[str, bytes]) -> bytes:
    """A tf.train.Example of features of bytes."""
    entries = [field(1, field(1, name.encode()) + field(2, field(1, field(1, value))))
               for name, value in features.items()]  # fmt: skip
    return field(1, b"".join(entries))


def framed(record: bytes) -> bytes:
    size = struct.pack("<Q", len(record))
    return size + masked(size) + record + masked(record)


def write_file(path: Path, records: Iterable[bytes]) -> None:
    path.write_bytes(zlib.compress(b"".join(map(framed, records))))


def write_data_set(
    folder: Path, parts: dict[str, list[tuple[np.ndarray, np.ndarray]]], bed: str, **changes: int
) -> None:
    """A data set of 48 bp sequences, 4 bins of 8 bp, 8 bp of crop, and 3 tracks; 2 records a file.

    Records are (codes (48,), targets (bins, tracks)).
    """
    (folder / "tfrecords").mkdir(parents=True)
    (folder / "sequences.bed").write_text(bed)
    (folder / "targets.txt").write_text("\tidentifier\tclip\n0\tx+\t9\n1\tx-\t9\n2\ty\t9\n")
    facts = {"num_targets": 3, "seq_length": 48, "seq_1hot": True, "pool_width": 8, "crop_bp": 8,
             "target_length": 4, **{f"{part}_seqs": len(rows) for part, rows in parts.items()}}  # fmt: skip
    (folder / "statistics.json").write_text(json.dumps({**facts, **changes}))
    for part, rows in parts.items():
        # one more file than is full, as the original writes
        for number in range(len(rows) // 2 + 1):
            some = rows[2 * number : 2 * number + 2]
            write_file(
                folder / "tfrecords" / f"{part}-{number}.tfr",
                [example({"target": targets.astype("<f2").tobytes(), "umap": b"\0" * 4,
                          "sequence": codes.astype(np.uint8).tobytes()})
                 for codes, targets in some],
            )  # fmt: skip
