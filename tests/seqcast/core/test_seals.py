"""One changed byte, anywhere in a file: an error that says what makes it again, or right values."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.core.logs import reporting
from seqcast.core.seals import blank_seal, check_seal, damaged, seal, seal_zip
from seqcast.core.store import read_frames, read_provenance, read_table, write_table
from seqcast.datasets.coverage.target_store import CoverageStore, write_store
from seqcast.datasets.reads.twobit import TwoBitFile, TwoBitWriter, ambiguous_runs
from seqcast.genome.bgzip import index_fasta, recompress_bgzip
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry
from seqcast.models.convert import read_safetensors, write_safetensors
from seqcast.predict.coverage.coverage_files import create_coverage_store, read_coverage
from seqcast.predict.embeddings.embedding_files import create_embedding_store, read_embeddings
from seqcast.report.strongest_coverage import read_top
from seqcast.training.checkpoints import load_checkpoint, save_checkpoint

FLIPS = 40
RNG = np.random.default_rng(12)
TABLE = pl.DataFrame({
    "variant": [f"rs{i}" for i in range(30)],
    "SED": pl.Series([None if i % 7 == 0 else RNG.normal(size=5).tolist() for i in range(30)],
                     dtype=pl.Array(pl.Float32, 5)),
})  # fmt: skip
TENSORS = {"weight": torch.randn(8, 8), "steps": torch.arange(5)}
COVERAGE = RNG.gamma(1, 1, (2, 3, 16)).astype(np.float32)
FEATURES = RNG.normal(size=(90, 4)).astype(np.float32)
BASES = "".join(RNG.choice(list("ACGT"), 150_000))  # some blocks of 64 kB
GEOMETRY = Geometry(length_bp=64, bin_size_bp=8, crop_bins=2)
TARGETS = RNG.gamma(1, 1, (2, 2, 4)).astype(np.float16)


def parquet(path: Path) -> None:
    write_table(TABLE, path, {"model": "tiny"})


def read_parquet(path: Path) -> list[Any]:
    frames = pl.concat(read_frames(path, ["SED"], 7))
    return [read_table(path).to_dicts(), frames.to_dicts(), read_provenance(path)]


def safetensors(path: Path) -> None:
    write_safetensors(TENSORS, path, {"origin": "source"})


def read_weights(path: Path) -> list[Any]:
    tensors, told = read_safetensors(path)
    return [{name: (str(t.dtype), t.tolist()) for name, t in tensors.items()}, told]


def checkpoint(path: Path) -> None:
    save_checkpoint(path, TENSORS, {"recipe": "tiny"})


def read_checkpoint(path: Path) -> list[Any]:
    found = load_checkpoint(path, {"recipe": "tiny"}) or {}
    return [found[name].tolist() for name in TENSORS]


def coverage(path: Path) -> None:
    windows = pl.DataFrame({"contig": ["c"] * 2, "start": [0, 128], "end": [128, 256]})
    tracks = pl.DataFrame({"identifier": ["a", "b", "c"], "units": ["x", "y", "z"]})
    with create_coverage_store(path, windows, tracks, 16, {"fold": 0}) as append:
        for window in COVERAGE:
            append(window)


def read_windows(path: Path) -> list[Any]:
    with read_coverage(path) as found:
        alone = [found.values[i, j].tolist() for i in range(2) for j in range(3)]
        tables = [found.windows.to_dicts(), found.tracks.to_dicts()]
        return [alone, found.values[:].tolist(), *tables, found.provenance]


def embeddings(path: Path) -> None:
    names, lengths = ["a", "b"], [30, 60]
    with create_embedding_store(path, names, [0, 0], lengths, {"features": 4}, {}) as writer:
        writer.append({"features": FEATURES[:30]})
        writer.append({"features": FEATURES[30:]})


def read_features(path: Path) -> list[Any]:
    with read_embeddings(path) as found:
        return [found.ids, [found.read(i).tolist() for i in range(2)]]


def genome(path: Path) -> None:
    plain = path.with_name("plain.fa")
    lines = [BASES[i : i + 60] for i in range(0, len(BASES), 60)]
    plain.write_text(">a\nACGT\n>c\n" + "\n".join(lines) + "\n")
    recompress_bgzip(plain, path)
    plain.unlink()
    index_fasta(path)


def read_genome(path: Path) -> list[Any]:
    with Genome(path) as found:
        pieces = [found.fetch("c", start, start + 50) for start in (140_000, 70_000, 20)]
        return [found.contigs, *pieces, found.fetch("c", 0, len(BASES))]


def training_store(path: Path) -> None:
    fasta = path.with_name("genome.fa")
    fasta.write_text(f">c\n{BASES[:500]}\n")
    windows = pl.DataFrame(
        {"chrom": ["c"] * 2, "start": [16, 48], "end": [48, 80], "part": ["train", "test"]}
    )
    tracks = pl.DataFrame({"identifier": ["a", "b"], "scale": ["1.0", "2.5"]})
    with Genome(fasta) as bases:
        write_store(path, bases, windows, tracks, lambda track, _: TARGETS[:, track], GEOMETRY,
                    assembly="toy", provenance={"set": "x"})  # fmt: skip
    fasta.unlink()
    fasta.with_name("genome.fa.fai").unlink()


def read_training_store(path: Path) -> list[Any]:
    found = CoverageStore.open(path)
    values = [(found.codes(i).tolist(), found.targets(i).tolist()) for i in range(2)]
    tables = [found.windows.to_dicts(), found.tracks.to_dicts()]
    return [values, *tables, found.assembly, found.geometry, found.digest, found.provenance]


def two_bit(path: Path) -> None:
    with TwoBitWriter(path) as writer:
        writer.add("c", BASES[:200], ambiguous_runs(BASES[:200]))


def read_two_bit(path: Path) -> list[Any]:
    with TwoBitFile(path) as found:
        return found.fetch(["c"], np.array([0]), 200).tolist()


def predictions(path: Path) -> None:
    with path.open("wb") as file:
        names = {"variant": ["v"], "gene_id": ["g"], "contig": ["c"], "start": [4]}
        np.savez_compressed(file, **names, bin_size_bp=32, track=[0], ref=COVERAGE[:1],
                            alt=COVERAGE[1:])  # fmt: skip
    seal_zip(path)


def read_predictions(path: Path) -> list[Any]:
    return [[str(field) for field in vars(found).values()] for found in read_top(path)]


KINDS: dict[str, tuple[Callable[[Path], None], Callable[[Path], list[Any]]]] = {
    "a.parquet": (parquet, read_parquet),
    "a.safetensors": (safetensors, read_weights),
    "a.pt": (checkpoint, read_checkpoint),
    "coverage.zarr": (coverage, read_windows),
    "features.zarr": (embeddings, read_features),
    "genome.fa.gz": (genome, read_genome),
    "store.zarr": (training_store, read_training_store),
    "a.2bit": (two_bit, read_two_bit),
    "a.npz": (predictions, read_predictions),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_changed_byte_is_never_another_value(tmp_path: Path, name: str) -> None:
    write, read = KINDS[name]
    path = tmp_path / name
    with reporting(tmp_path / "logs/make_it/a.log"):
        write(path)
    right = read(path)
    rng, told = np.random.default_rng(0), 0
    files = [
        f for f in sorted(tmp_path.rglob("*")) if f.is_file() and f.suffix not in {".log", ".jsonl"}
    ]
    files = [*files, *rng.choice(np.array(files), FLIPS)][:FLIPS]
    for file in files:
        whole, date = file.read_bytes(), file.stat().st_mtime_ns
        place = int(rng.integers(len(whole)))
        changed = whole[place] ^ int(rng.integers(1, 256))
        file.write_bytes(whole[:place] + bytes([changed]) + whole[place + 1 :])
        os.utime(file, ns=(date, date))  # what rots keeps its date
        messages = []
        try:
            assert read(path) == right, (file, place, changed)
        except InputError as error:
            messages = [str(error)]
        told += any("the rule make_it makes it again" in text for text in messages)
        assert all(str(tmp_path) in text for text in messages)
        file.write_bytes(whole)
        os.utime(file, ns=(date, date))
    assert read(path) == right
    assert told > FLIPS / 2  # the others: no byte of a value, or of the seal itself


def test_pages_have_checksums_for_other_readers(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_table(pl.DataFrame({"n": RNG.normal(size=5000)}), path, {})
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    with pytest.raises(OSError, match="CRC checksum"):
        pq.read_table(path, page_checksum_verification=True)


def test_tables_of_others_are_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1, 2]}), tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet")["n"].to_list() == [1, 2]
    with pytest.raises(InputError, match="has no column 'm'; it has"):
        read_table(tmp_path / "a.parquet", ["m"])
    with pytest.raises(InputError, match="does not exist"):
        read_table(tmp_path / "b.parquet")


@pytest.mark.parametrize("kept", [0, 1, 300, -4])
def test_a_table_that_was_cut_is_told(tmp_path: Path, kept: int) -> None:
    parquet(tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[:kept])
    with pytest.raises(InputError, match=r"a\.parquet is damaged or truncated"):
        read_table(tmp_path / "a.parquet")


def test_a_seal_is_the_same_for_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(f"x{blank_seal()}y")
        seal(tmp_path / name)
        check_seal(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with pytest.raises(ValueError, match="no blank seal"):
        seal(tmp_path / "a")


def test_a_sealed_zip_is_a_zip(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("entry", "text")
    seal_zip(tmp_path / "a.zip")
    with ZipFile(tmp_path / "a.zip") as file:
        assert file.read("entry") == b"text"
        assert file.testzip() is None


def test_outside_a_job_no_rule_is_named(tmp_path: Path) -> None:
    with suppress(InputError):
        raise damaged(tmp_path, "x")
    assert "Remove it and make it again" in str(damaged(tmp_path / "a", OSError()))
