"""Damage as files meet it, drawn by seed: bytes, lines, fields and encodings."""

import gzip
import random
from collections.abc import Callable

# What a cell of a table has been found to hold in place of what it should.
CELLS = (
    b"", b".", b"0", b"-1", b"1.5", b"1e3", b"99999999999999999999", b"2147483648", b"nan", b"inf",
    b"NA", b"text", b"a b", b'"', b"'", b";", b",", b"<x>", b"\xce\xb1", b"\xff", b"\x00", b"T" * 300,
)  # fmt: skip

Mutation = Callable[[bytes, random.Random], bytes]


def _span(data: bytes, rng: random.Random, longest: int = 40) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.randint(1, longest))


def _flip(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _delete(data: bytes, rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    return data[:start] + data[end:]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    return data[:end] + data[start:]


def _zero(data: bytes, rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    return data[:start] + bytes(end - start) + data[end:]


def _insert(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.randint(1, 8)) + data[at:]


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _append(data: bytes, rng: random.Random) -> bytes:
    return data + rng.choice([b"\n", b"\n\n", b"\x1a", b"\x00", b" ", b"text\n", data])


BYTES: tuple[Mutation, ...] = (_flip, _delete, _repeat, _zero, _insert, _cut, _append)


def _lines(change: Callable[[list[bytes], random.Random], list[bytes]]) -> Mutation:
    return lambda data, rng: b"".join(change(data.splitlines(keepends=True), rng))


def _without_line(lines: list[bytes], rng: random.Random) -> list[bytes]:
    at = rng.randrange(len(lines) + 1)
    return lines[:at] + lines[at + 1 :]


def _line_twice(lines: list[bytes], rng: random.Random) -> list[bytes]:
    at = rng.randrange(len(lines) + 1)
    return lines[:at] + lines[at : at + 1] + lines[at:]


def _lines_swapped(lines: list[bytes], rng: random.Random) -> list[bytes]:
    if len(lines) < 2:
        return lines
    a, b = rng.sample(range(len(lines)), 2)
    lines[a], lines[b] = lines[b], lines[a]
    return lines


def _odd_line(lines: list[bytes], rng: random.Random) -> list[bytes]:
    odd = [
        b"\n",
        b" \n",
        b"#x\n",
        b"##y\n",
        b">z\n",
        b"@z\n",
        b"\t\t\n",
        b"a\tb\n",
        b"track name=x\n",
    ]
    at = rng.choice([0, len(lines), rng.randrange(len(lines) + 1)])
    return [*lines[:at], rng.choice(odd), *lines[at:]]


def _field(change: Callable[[list[bytes], int, random.Random], list[bytes]]) -> Mutation:
    """Change the fields of one line; the separator is the one that the line has most of."""

    def changed(lines: list[bytes], rng: random.Random) -> list[bytes]:
        if not lines:
            return lines
        at = rng.randrange(len(lines))
        text = lines[at].rstrip(b"\r\n")
        separator = max((b"\t", b",", b" "), key=text.count)
        fields = text.split(separator)
        new = change(fields, rng.randrange(len(fields)), rng)
        return [*lines[:at], separator.join(new) + lines[at][len(text) :], *lines[at + 1 :]]

    return _lines(changed)


def _other_cell(fields: list[bytes], at: int, rng: random.Random) -> list[bytes]:
    return [*fields[:at], rng.choice(CELLS), *fields[at + 1 :]]


def _extended_cell(fields: list[bytes], at: int, rng: random.Random) -> list[bytes]:
    more = rng.choice([b" ", b";", b'"', b"\xc3\xa9", b"=", b"N", b"\r", b"0" * 20])
    cell = more + fields[at] if rng.random() < 0.5 else fields[at] + more
    return [*fields[:at], cell, *fields[at + 1 :]]


def _without_cell(fields: list[bytes], at: int, _: random.Random) -> list[bytes]:
    return fields[:at] + fields[at + 1 :]


def _cells_joined(fields: list[bytes], at: int, _: random.Random) -> list[bytes]:
    return [*fields[:at], b"  ".join(fields[at : at + 2]), *fields[at + 2 :]]


TEXT: tuple[Mutation, ...] = (
    *map(_lines, (_without_line, _line_twice, _lines_swapped, _odd_line)),
    *map(_field, (_other_cell, _other_cell, _extended_cell, _without_cell, _cells_joined)),
    lambda data, _: data.replace(b"\n", b"\r\n"),
    lambda data, _: data.replace(b"\n", b"\r"),
    lambda data, _: data.replace(b"\t", b" "),
    lambda data, _: data.rstrip(b"\n"),
    lambda data, _: b"\xef\xbb\xbf" + data,
    lambda data, _: data.decode("latin-1").encode("utf-16"),
    lambda data, _: b"",
    lambda data, rng: _cut(gzip.compress(data), rng),
    lambda data, rng: _flip(gzip.compress(data), rng),
    lambda data, _: gzip.compress(data),
)


def mutated(data: bytes, seed: int, text: bool) -> bytes:
    """A file of which one or two things are wrong.

    Parameters
    ----------
    data : bytes
        The file as it should be.
    seed : int
        Decides all.
    text : bool
        Whether the file has lines and fields.
    """
    rng = random.Random(seed)
    for _ in range(rng.choice([1, 1, 2])):
        kinds = TEXT if text and rng.random() < 0.7 else BYTES
        data = rng.choice(kinds)(data, rng)
    return data
