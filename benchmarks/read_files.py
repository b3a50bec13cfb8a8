"""Files of reads: reads per CPU-second, next to dnaio alone, and peak memory of long reads.

    python -m benchmarks.read_files [--reads 200000] [--long 2000] [--folder DIR]

Each line is a process of its own. To compare two states of the code, run it with the other one's
folder `workflow` first in PYTHONPATH. Long reads have 100 kb; they are classified by `six_frame`.
"""

import argparse
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

LONG_NT, SHORT_NT = 100_000, 150
WIDTH = 60


def write(path: Path, count: int, length_nt: int, wrapped: bool = False) -> Path:
    """FASTQ of random reads; gzip by its name."""
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    rng = np.random.default_rng(1)
    with gzip.open(path, "wb", 1) if path.suffix == ".gz" else path.open("wb") as file:
        for i in range(count):
            bases, qualities = letters[rng.integers(0, 4, length_nt)].tobytes(), b"I" * length_nt
            if wrapped:
                bases, qualities = (
                    b"\n".join(text[at : at + WIDTH] for at in range(0, length_nt, WIDTH))
                    for text in (bases, qualities)
                )
            file.write(b"@r%d 1:N:0\n%s\n+\n%s\n" % (i, bases, qualities))
    return path


def run(task: str, path: str) -> None:
    """One task, in this process."""
    from seqcast.cli import main as command  # torch is loaded before the clock starts
    from seqcast.reads.open import open_reads

    before = time.process_time()
    if task == "dnaio":
        import dnaio

        with dnaio.open(path, open_threads=0) as reader:
            count = sum(1 for _ in reader)
    elif task == "read":
        with open_reads(path) as stream:
            count = sum(map(len, stream))
    else:
        output = f"{path}.tsv"
        command(["classify-reads", path, "--output", output])
        with open(output, "rb") as table:  # noqa: PTH123
            count = sum(1 for _ in table) - 1
    seconds = time.process_time() - before
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cells = [f"{seconds:.1f}", f"{count / seconds:,.0f}", f"{peak_mb:,.0f}"]
    print("| " + " | ".join([task, Path(path).name, str(count), *cells]) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reads", type=int, default=200_000, help="of 150 nt")
    parser.add_argument(
        "--long", type=int, default=2000, help="reads of 100 kb; a tenth of them too"
    )
    parser.add_argument("--folder", help="for the files; default: a temporary one")
    parser.add_argument("--task", nargs=2, metavar=("TASK", "PATH"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.task:
        run(*chosen.task)
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        of = Path(folder)
        short = write(of / "short.fastq", chosen.reads, SHORT_NT)
        packed = write(of / "short.fastq.gz", chosen.reads, SHORT_NT)
        wrapped = write(of / "wrapped.fastq", chosen.reads, SHORT_NT, wrapped=True)
        few = write(of / "few_long.fastq", max(1, chosen.long // 10), LONG_NT)
        many = write(of / "long.fastq", chosen.long, LONG_NT)
        print(
            "| task | file | reads | CPU-s | reads a CPU-s | peak, MB |\n|---|---|---|---|---|---|",
            flush=True,
        )
        for task, path in [
            ("dnaio", short), ("read", short), ("dnaio", packed), ("read", packed),
            ("read", wrapped), ("classify", short), ("classify", few), ("classify", many),
        ]:  # fmt: skip
            subprocess.run(
                [sys.executable, "-m", "benchmarks.read_files", "--task", task, path], check=False
            )


if __name__ == "__main__":
    main()
