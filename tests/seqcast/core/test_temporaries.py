"""A disk that takes no file is told in a line; what a killed process left goes at the next run."""

import errno
import gc
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pybigtools
import pysam
import pytest
import torch
from matplotlib.figure import Figure

from seqcast.core.errors import InputError, WriteError
from seqcast.core.logs import reporting
from seqcast.core.seals import written_by
from seqcast.core.store import atomic, write_chunks, write_table, write_tsv
from seqcast.core.temporaries import temporary_name, write_error
from seqcast.genome.bgzip import recompress_bgzip
from seqcast.models.convert import write_safetensors
from seqcast.predict.coverage.coverage_files import create_coverage_store
from seqcast.report.figures.style import save
from seqcast.training.checkpoints import save_checkpoint

LIMIT_BYTES = 50_000
NOISE = np.random.default_rng(0).normal(size=40_000)
TABLE = pl.DataFrame({"n": NOISE})


def coverage(path: Path) -> None:
    windows = pl.DataFrame({"contig": ["c"], "start": [0], "end": [40_000]})
    tracks = pl.DataFrame({"identifier": ["a"]})
    with create_coverage_store(path, windows, tracks, 40_000, {}) as append:
        append(NOISE[None].astype(np.float32))


def hdf5(path: Path) -> None:
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        file["n"] = NOISE


def bigwig(path: Path) -> None:
    values = (("c", i, i + 1, float(x)) for i, x in enumerate(NOISE))
    with atomic(path) as temporary:
        pybigtools.open(str(temporary), "w").write({"c": 50_000}, values)


def fasta(path: Path) -> None:
    recompress_bgzip(path.parent.with_name("source.fa"), path)


def alignments(path: Path) -> None:
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "c", "LN": 100}]})
    with atomic(path) as temporary, pysam.AlignmentFile(str(temporary), "wb", header=header) as out:
        for value in NOISE:
            read = pysam.AlignedSegment(header)
            read.query_name, read.flag = f"r{value}", 4
            out.write(read)


def figure(path: Path) -> None:
    drawn = Figure()
    drawn.add_subplot().imshow(NOISE.reshape(200, 200), interpolation="none")
    save(drawn, path)


def page(path: Path) -> None:
    with atomic(path) as temporary:
        temporary.write_text("x" * 10 * LIMIT_BYTES)


WRITERS: dict[str, Callable[[Path], object]] = {
    "a.parquet": lambda path: write_table(TABLE, path, {}),
    "pieces.parquet": lambda path: write_chunks([TABLE] * 3, dict(TABLE.schema), path, dict),
    "a.safetensors": lambda path: write_safetensors({"a": torch.tensor(NOISE)}, path, {}),
    "a.pt": lambda path: save_checkpoint(path, {"a": torch.tensor(NOISE)}, {}),
    "a.zarr": coverage,
    "a.h5": hdf5,
    "a.tsv": lambda path: write_tsv(TABLE, path),
    "a.bw": bigwig,
    "a.fa.gz": fasta,
    "a.bam": alignments,
    "a.png": figure,
    "a.html": page,
}


@contextmanager
def small_files() -> Iterator[None]:
    """No file of this process grows beyond a limit: as on a full disk, writing fails halfway."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_the_disk_does_not_take(tmp_path: Path, name: str, capfd) -> None:
    if name == "a.fa.gz":
        letters = np.random.default_rng(0).choice(list("ACGT"), 300_000)
        (tmp_path / "source.fa").write_text(">c\n" + "".join(letters) + "\n")
    path, log = tmp_path / "made" / name, tmp_path / "logs/make_it.log"
    path.parent.mkdir()
    path.write_text("older")
    with small_files(), pytest.raises(SystemExit) as stop, reporting(log):
        WRITERS[name](path)
    assert stop.value.code == 2
    told = log.read_text().splitlines()[-1]
    assert told.startswith(f"ERROR: {path} cannot be written: File too large. Raise the limit")
    assert told in capfd.readouterr().err
    assert "Traceback" not in log.read_text()
    assert list(path.parent.iterdir()) == [path]
    assert path.read_text() == "older"


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 100 kB, of which each test has one: a file that failed may still be open, and fill it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk, where it may at all")
    yield folder
    gc.collect()  # what failed may hold files open
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("name", ["a.parquet", "a.safetensors", "a.pt", "a.zarr", "a.tsv"])
def test_a_full_disk(full_disk: Path, name: str) -> None:
    with pytest.raises(WriteError, match=f"{name} cannot be written: No space left on"):
        WRITERS[name](full_disk / name)
    assert list(full_disk.iterdir()) == []


def test_a_full_disk_has_no_room_for_the_log_either(full_disk: Path, capfd) -> None:
    log = full_disk / "logs/make_it/a.log"
    with pytest.raises(SystemExit), reporting(log), (full_disk / "rest").open("wb") as file:
        file.write(bytes(300_000))
    told = capfd.readouterr().err
    assert told.startswith("ERROR: a file of this job cannot be written: No space left on device")
    assert told.count("\n") == 1


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO])
def test_other_refusals_name_the_file_and_the_reason(tmp_path: Path, number: int) -> None:
    def write() -> None:
        with atomic(tmp_path / "a.txt") as temporary:
            raise OSError(number, "made up", str(temporary))

    with pytest.raises(WriteError, match=rf"a\.txt cannot be .*: {os.strerror(number)}\. "):
        write()
    log = tmp_path / "logs/a.log"
    with pytest.raises(SystemExit), reporting(log):
        raise OSError(number, "made up", "in.vcf")
    assert log.read_text().startswith("ERROR: in.vcf cannot be ")


def test_a_wrong_name_for_a_full_disk_is_put_right(tmp_path: Path) -> None:
    told = InputError("in.bam is damaged; download it again")
    told.__cause__ = OSError(errno.ENOSPC, "made up")
    assert "a.txt cannot be written: No space" in str(write_error(told, tmp_path / "a.txt"))
    told.__cause__ = OSError(errno.EACCES, "made up")  # may well be of reading
    assert write_error(told, tmp_path / "a.txt") is None


def test_errors_of_other_kinds_pass(tmp_path: Path) -> None:
    for error in (KeyError("x"), RuntimeError("unexpected pos 1 vs 0"), FileNotFoundError(2, "x")):
        with pytest.raises(type(error)), atomic(tmp_path / "a"):
            raise error
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from seqcast.core.store import atomic, scratch_folder
with atomic(sys.argv[1]) as file, atomic(sys.argv[2]) as folder, scratch_folder(sys.argv[1]):
    file.write_text("half")
    folder.mkdir()
    (folder / "1.png").write_text("half")
    print("there", flush=True)
    sys.stdin.read()
"""


def test_leftovers_of_a_killed_process_go_at_the_next_run(tmp_path: Path) -> None:
    paths = [tmp_path / "a.tsv", tmp_path / "a.tracks"]
    command = [sys.executable, "-c", KILLED, *map(str, paths)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        assert len(list(tmp_path.iterdir())) == 3  # hidden ones
        with atomic(paths[0]) as temporary:
            temporary.write_text("whole")
        assert len(list(tmp_path.iterdir())) == 4  # another process is alive: nothing is taken away
        process.send_signal(signal.SIGKILL)
        process.wait()
    with atomic(paths[0]) as temporary:
        temporary.write_text("whole")
    assert len(list(tmp_path.iterdir())) == 2  # the file, and what was left of the folder
    with atomic(paths[1]) as temporary:
        temporary.mkdir()
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_leftovers_of_other_machines_go_in_a_job(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    own = temporary_name(path).name
    token, host, process, rest = own.split("-", 3)
    foreign = tmp_path / f"{token}-{int(host, 16) ^ 1:08x}-{process}-{rest}"
    older, another = tmp_path / ".0123456789ab.a.tsv", tmp_path / f"{own}.gz"
    for left in (foreign, older, another):
        left.write_text("half")
    with atomic(path) as temporary:
        temporary.write_text("whole")
    assert foreign.exists()
    with written_by("make_it"), atomic(path) as temporary:
        temporary.write_text("whole")
    assert sorted(tmp_path.iterdir()) == sorted([another, path])
