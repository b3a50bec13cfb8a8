"""Files that unpack to far more than their size are refused, whoever reads them; others pass."""

import bz2
import gzip
import lzma
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from seqcast.core import expansion, zarr_files
from seqcast.core.errors import InputError
from seqcast.core.text_files import open_bytes, read_text
from seqcast.evaluation.reads.unclear import read_proteins
from seqcast.genome.annotation import read_annotation
from seqcast.genome.bgzip import recompress_bgzip
from seqcast.genome.fasta_scan import read_contigs
from seqcast.genome.genbank import read_genbank
from seqcast.genome.intervals import read_bed
from seqcast.genome.vcf import read_variants
from seqcast.models.convert import read_keras_layers, read_pickle, read_safetensors
from seqcast.report.strongest_coverage import read_top

REFUSED = r"has \d+ bytes and holds at least \d+; expected at most 200 times its size, or 1 MiB"
MIB = 1 << 20


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "FREE_BYTES", MIB)
    monkeypatch.setattr(zarr_files, "FREE_BYTES", MIB)


PACKED = {
    "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress,
    "gzip in parts": lambda data: b"".join(gzip.compress(part) for part in (data[:9], data[9:])),
}  # fmt: skip


@pytest.mark.parametrize("packing", PACKED)
def test_text_that_is_read_whole_is_refused(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "genes.bed.gz"
    path.write_bytes(PACKED[packing](b"chr1\t5\t9\n" * (MIB // 4)))
    with pytest.raises(InputError, match=rf"genes.bed.gz {REFUSED}.*give the plain file"):
        read_text(path, "a BED file")


READERS: dict[str, tuple[str, bytes, Callable[[Path], object]]] = {
    "VCF": ("v.vcf.gz", b"##fileformat=VCFv4.2\n##x=", read_variants),
    "GTF": ("a.gtf.gz", b"#", read_annotation),
    "GenBank": ("a.gbk.gz", b"LOCUS       A   4 bp    DNA     linear   BCT 01-JAN-2000\nDEFINITION  ",
                lambda path: list(read_genbank(path))),
    "BED": ("a.bed.gz", b"#", read_bed),
    "FASTA": ("g.fa.gz", b">chr1\n", lambda path: list(read_contigs(path))),
    "a genome": ("g.fa.gz", b">chr1\n", lambda path: recompress_bgzip(path, path.with_name("new.gz"))),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_streams_are_refused_and_leave_no_file(tmp_path: Path, reader: str) -> None:
    name, start, read = READERS[reader]
    (tmp_path / name).write_bytes(gzip.compress(start + b"A" * 8 * MIB))
    with pytest.raises(InputError, match=rf"{name} {REFUSED}"):
        read(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_text_of_the_field_is_read_to_its_end_and_again(tmp_path: Path) -> None:
    """As compressible as four bases are, or a table of few values; larger than what is free."""
    rng = random.Random(5)
    bases = "".join(rng.choices("ACGT", k=MIB + 9)).encode()
    table = b"".join(b"chr1\t%d\t%d\t0\n" % (at, at + 32) for at in range(0, 2 * MIB, 32))
    for text in (bases, table):
        path = tmp_path / "text.gz"
        path.write_bytes(gzip.compress(text))
        with open_bytes(path) as file:
            assert file.read() == text
            file.seek(0)
            assert file.readline() == text.partition(b"\n")[0] + b"\n" * (b"\n" in text)


def archive(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return path


def test_archives_are_refused_by_what_their_entries_say(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.zip", p_9_a=b">p\n" + b"M" * 4 * MIB)
    with pytest.raises(InputError, match=rf"p.zip {REFUSED}"):
        read_proteins(path, "9")
    with pytest.raises(InputError, match=rf"p.zip {REFUSED}"):
        read_pickle(path)


def test_hdf5_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        layer = file.create_group("model_weights/dense")
        layer.create_dataset("kernel", shape=(1 << 20, 1 << 10), dtype="f4", compression="gzip")
        layer.attrs["weight_names"] = [b"kernel"]
        file["model_weights"].attrs["layer_names"] = [b"dense"]
    with pytest.raises(InputError, match=rf"w.h5 {REFUSED}"):
        read_keras_layers(path)


def test_arrays_of_huge_chunks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.zarr"
    with zarr_files.create_group(path, {}) as group:
        zarr_files.create_array(group, "x", (9, MIB), (3, MIB), (9, MIB), ("a", "b"))
    with (
        pytest.raises(
            InputError, match=r"c.zarr: /x has chunks of 12582912 bytes; expected at most 1 MiB"
        ),
        zarr_files.open_group(path, "coverage", ["x"]),
    ):
        pass


def test_weights_that_run_code_or_claim_more_than_they_have_are_refused(tmp_path: Path) -> None:
    class Code:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"weight": Code()}, tmp_path / "code.pt")
    with pytest.raises(InputError, match="asks for more than tensors"):
        read_pickle(tmp_path / "code.pt")
    assert not (tmp_path / "ran").exists()
    header = b'{"w":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'
    for size in (len(header), 1 << 40):  # a tensor, and a header, larger than the file
        path = tmp_path / "claims.safetensors"
        path.write_bytes(size.to_bytes(8, "little") + header + b"\0" * 16)
        with pytest.raises(InputError, match="not readable as safetensors"):
            read_safetensors(path)


def test_numpy_archives_hold_no_objects(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", bin_size_bp=32, track=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_top(tmp_path / "a.npz")
