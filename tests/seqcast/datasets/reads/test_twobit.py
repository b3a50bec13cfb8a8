"""2bit files: any piece read back equals the sequence; N is never taken for a base."""

import struct
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.datasets.reads.twobit import (
    LETTERS,
    TwoBitFile,
    TwoBitWriter,
    ambiguous_runs,
    pack,
    unpack,
)
from tests.seqcast.genbank_files import random_sequence

SEQUENCES = {f"s{n}": random_sequence(n, n) for n in (7, 31, 400, 1_003)}


def write(path: Path, sequences: dict[str, str]) -> Path:
    with TwoBitWriter(path) as writer:
        for name, sequence in sequences.items():
            writer.add(name, sequence, ambiguous_runs(sequence))
    return path


@pytest.mark.parametrize("length_nt", [1, 3, 4, 7])
def test_every_piece(tmp_path: Path, length_nt: int) -> None:
    places = [(name, at) for name, s in SEQUENCES.items() for at in range(len(s) - length_nt + 1)]
    places = [places[i] for i in np.random.default_rng(1).permutation(len(places))]
    with TwoBitFile(write(tmp_path / "x.2bit", SEQUENCES)) as file:
        codes = file.fetch([n for n, _ in places], np.array([at for _, at in places]), length_nt)
    found = [row.tobytes().decode() for row in LETTERS[codes]]
    assert found == [SEQUENCES[name][at : at + length_nt] for name, at in places]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.2bit"]


def test_layout_is_that_of_ucsc(tmp_path: Path) -> None:
    # "TCAG" is 00 01 10 11, the first base in the highest bits; N is stored as T
    data = write(tmp_path / "x.2bit", {"chr1": "TCAGGN"}).read_bytes()
    assert struct.unpack("<4I", data[:16]) == (0x1A412743, 0, 1, 0)
    assert data[16:21] == b"\x04chr1"
    assert struct.unpack("<I", data[21:25]) == (25,)
    assert struct.unpack("<6I", data[25:49]) == (6, 1, 5, 1, 0, 0)
    assert data[49:51] == bytes([0b00011011, 0b11000000])
    assert data[51:].startswith(b"seqcast-seal")  # behind what the index names


@given(st.text(alphabet="ACGTNR", max_size=60))
def test_runs_beside_the_bases(sequence: str) -> None:
    starts, ends = ambiguous_runs(sequence)
    inside = {i for s, e in zip(starts, ends, strict=True) for i in range(s, e)}
    assert inside == {i for i, base in enumerate(sequence) if base not in "ACGT"}
    assert (starts[1:] > ends[:-1]).all()


def test_n_is_refused(tmp_path: Path) -> None:
    sequence = "A" * 20 + "NNRN" + "C" * 20
    with TwoBitFile(write(tmp_path / "x.2bit", {"x": sequence, "y": "G" * 44})) as file:
        assert file.fetch(["x", "y", "x"], np.array([10, 18, 24]), 10).shape == (3, 10)
        for start in (11, 20, 23):
            with pytest.raises(ValueError, match="a piece of x holds an N"):
                file.fetch(["y", "x"], np.array([18, start]), 10)


@pytest.mark.parametrize("start", [-1, 35])
def test_outside_is_refused(tmp_path: Path, start: int) -> None:
    with (
        TwoBitFile(write(tmp_path / "x.2bit", {"x": "A" * 44})) as file,
        pytest.raises(ValueError, match="not inside its sequence"),
    ):
        file.fetch(["x"], np.array([start]), 10)


@given(st.integers(0, 9), st.integers(1, 30), st.randoms())
def test_pack_and_unpack(rows: int, bases: int, random: Random) -> None:
    codes = np.array([[random.randrange(4) for _ in range(bases)] for _ in range(rows)], np.uint8)
    codes = codes.reshape(rows, bases)
    assert (unpack(pack(codes))[:, :bases] == codes).all()


def test_what_is_refused(tmp_path: Path) -> None:
    with TwoBitWriter(tmp_path / "y.2bit") as writer:
        writer.add("x", "ACGT", ambiguous_runs("ACGT"))
        for name in ("x", "x" * 256):
            with pytest.raises(InputError, match="comes twice or is longer than 255 bytes"):
                writer.add(name, "ACGT", ambiguous_runs("ACGT"))
    with pytest.raises(InputError, match="does not exist"):
        TwoBitFile(tmp_path / "x.2bit")
    (tmp_path / "x.2bit").write_text(">chr1\nACGT")
    with pytest.raises(InputError, match=r"is not \.2bit: it begins with"):
        TwoBitFile(tmp_path / "x.2bit")


def test_too_large_a_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqcast.datasets.reads.twobit.LARGEST_OFFSET", 30)
    with pytest.raises(InputError, match=r"larger than 4 GB.*Raise `shards`"):
        write(tmp_path / "x.2bit", SEQUENCES)
    assert list(tmp_path.iterdir()) == []
