"""The reader of TFRecord files gives what a plain writer put in, or says what is wrong."""

import gzip
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.datasets.coverage import tfrecord_files
from seqcast.datasets.coverage.tfrecord_files import masked_crc, read_example, read_records
from tests.seqcast.datasets.coverage.tfrecord_writer import (
    crc32c,
    example,
    field,
    framed,
    masked,
    varint,
    write_file,
)


@given(st.dictionaries(st.text(max_size=5), st.binary(max_size=300), max_size=4))
def test_example_round_trip(features):
    assert read_example(example(features), "x") == features


def test_fields_of_other_kinds_are_passed_over():
    number, fixed32, fixed64 = varint(9 << 3) + varint(1 << 40), b"\x7d1234", b"\x7912345678"
    floats = field(1, field(1, b"f") + field(2, field(2, field(1, b"\0\0\0\0"))))
    first_of_two = field(1, field(1, b"s") + field(2, field(1, field(1, b"AC") + field(1, b"GT"))))
    message = number + fixed32 + field(1, fixed64 + floats + first_of_two) + field(7, b"x")
    assert read_example(message, "x") == {"s": b"AC"}


@pytest.mark.parametrize(
    "message", [field(1, b"abc")[:-1], b"\x0b", b"\x0a", b"\xff" * 12, field(1, field(1, b""))]
)
def test_other_messages_stop(message):
    with pytest.raises(InputError, match=r"a.tfr, record 0 is no tf.train.Example"):
        read_example(message, "a.tfr, record 0")


def test_checksums():
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C (RFC 3720)
    for data in (b"", b"123456789", bytes(range(256))):
        assert masked_crc(data) == int.from_bytes(masked(data), "little")


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_records_round_trip(tmp_path: Path, monkeypatch, piece):
    monkeypatch.setattr(tfrecord_files, "READ_BYTES", piece)
    records = [b"one", b"", b"x" * 5000]
    write_file(tmp_path / "a.tfr", records)
    assert list(read_records(tmp_path / "a.tfr")) == records
    (tmp_path / "b.tfr").write_bytes(gzip.compress(framed(b"two")))
    assert list(read_records(tmp_path / "b.tfr")) == [b"two"]
    write_file(tmp_path / "c.tfr", [])
    (tmp_path / "d.tfr").write_bytes(b"")
    assert list(read_records(tmp_path / "c.tfr")) == list(read_records(tmp_path / "d.tfr")) == []


def test_damage_is_found_wherever_it_is(tmp_path: Path):
    path = tmp_path / "a.tfr"
    plain = framed(b"record") + framed(b"another")
    for place in range(len(plain)):
        changed = bytearray(plain)
        changed[place] ^= 1
        path.write_bytes(zlib.compress(changed))
        with pytest.raises(InputError, match=r"a.tfr: record [01] is cut off or damaged"):
            list(read_records(path))
    ends = {len(framed(b"record")), 0}
    for end in set(range(len(plain))) - ends:
        path.write_bytes(zlib.compress(plain[:end]))
        with pytest.raises(InputError, match="is cut off or damaged"):
            list(read_records(path))
    packed = zlib.compress(plain)
    for end in range(1, len(packed)):
        path.write_bytes(packed[:end])
        with pytest.raises(InputError, match="cut off"):
            list(read_records(path))
    path.write_bytes(b"no zlib at all")
    with pytest.raises(InputError, match="cannot be unpacked"):
        list(read_records(path))
