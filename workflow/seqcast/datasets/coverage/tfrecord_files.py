"""TFRecord files of ``tf.train.Example`` messages, read without tensorflow.

A file is a zlib stream of records: length (8 bytes), its checksum (4), data, its checksum (4);
little-endian. Framing: tensorflow ``lib/io/record_reader.cc`` and ``lib/hash/crc32c.h``; messages:
``core/example/{example,feature}.proto``, and protobuf.dev, "Encoding".
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import google_crc32c

from seqcast.core.errors import InputError

READ_BYTES = 1 << 20
ANY_HEADER = zlib.MAX_WBITS | 32  # zlib, as published, or gzip
MASK = 0xA282EAD8  # added to rotated checksums


def read_records(path: str | Path) -> Iterator[bytes]:
    """Data of each record of a TFRecord file, its checksums verified.

    Raises
    ------
    InputError
        If the file ends inside the stream or a record, or a checksum differs.
    """
    stream = _inflated(Path(path))
    buffer = bytearray()

    def take(n: int) -> bytes:
        while len(buffer) < n and (more := next(stream, b"")):
            buffer.extend(more)
        taken = bytes(buffer[:n])
        del buffer[:n]
        return taken

    number = 0
    while header := take(12):
        if len(header) == 12 and masked_crc(header[:8]) == struct.unpack("<I", header[8:])[0]:
            (size,) = struct.unpack("<Q", header[:8])
            data, checksum = take(size), take(4)
            if len(checksum) == 4 and masked_crc(data) == struct.unpack("<I", checksum)[0]:
                yield data
                number += 1
                continue
        raise InputError(f"{path}: record {number} is cut off or damaged; expected a TFRecord file "
                         "of a dataset. Download it again.")  # fmt: skip


def read_example(record: bytes, source: str) -> dict[str, bytes]:
    """Features of bytes of a ``tf.train.Example``: name to the first value of each.

    Parameters
    ----------
    record : bytes
    source : str
        For messages.

    Raises
    ------
    InputError
        If the message cannot be read.
    """
    features: dict[str, bytes] = {}
    try:
        # Example.features = 1; Features.feature = 1: a map, entries of key = 1 and value = 2;
        # Feature.bytes_list = 1; BytesList.value = 1
        for entry in _inside(_inside([memoryview(record)], 1), 1):
            pair = dict(_fields(entry))
            for value in _inside(_inside([pair[2]], 1), 1):
                features.setdefault(str(pair[1], "utf-8"), bytes(value))
    except (IndexError, KeyError, ValueError) as error:
        raise InputError(
            f"{source} is no tf.train.Example ({error}); expected one, with features of bytes. "
            "Give a dataset of hound_data."
        ) from error
    return features


def masked_crc(data: bytes) -> int:
    """CRC-32C of data, rotated by 15 bits and shifted, as TFRecord files have it."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of each length-delimited field; fields of other kinds are passed over."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == 0:
            _, place = _varint(message, place)
        elif kind in (1, 5):
            place += 8 if kind == 1 else 4
        elif kind == 2:
            size, place = _varint(message, place)
            if place + size > len(message):
                raise ValueError(f"field {key >> 3} of {size} bytes goes beyond its message")
            yield key >> 3, message[place : place + size]
            place += size
        else:
            raise ValueError(f"wire type {kind}")


def _inside(messages: Iterable[memoryview], field: int) -> Iterator[memoryview]:
    """The fields of one number of some messages."""
    return (value for message in messages for number, value in _fields(message) if number == field)


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """The number at a place, 7 bits a byte, low ones first, and the place after it."""
    number = shift = 0
    while True:
        byte = message[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def _inflated(path: Path) -> Iterator[bytes]:
    """Content of a compressed file, in pieces; a file of no bytes has none."""
    inflate = zlib.decompressobj(ANY_HEADER)
    any_bytes = False
    try:
        with path.open("rb") as file:
            while (piece := file.read(READ_BYTES)) and not inflate.eof:
                any_bytes = True
                yield from filter(None, [inflate.decompress(piece)])
    except zlib.error as error:
        raise InputError(f"{path} cannot be unpacked ({error}); expected a zlib stream. Download "
                         "it again.") from error  # fmt: skip
    if any_bytes and not inflate.eof:
        raise InputError(f"{path} is cut off: its zlib stream has no end. Download it again.")
