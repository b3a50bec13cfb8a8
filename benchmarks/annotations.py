"""CPU seconds and peak memory of reading an annotation.

    python -m benchmarks.annotations [--lines 3000000] [--format gtf] [--keep FILE]

A made annotation of GENCODE's shape (gene, transcripts, exons, CDS, stop codons; some 280
characters a line) is read by `read_annotation` and by `read_transcripts`, each in a process of its
own, which counts its CPU time and its largest resident memory.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

READERS = {
    "read_annotation": "seqcast.genome.annotation",
    "read_transcripts": "seqcast.transcripts.annotation",
}
EXONS = 10  # a transcript; with CDS in all but the outer two
SPACING_BP = 200


def gene_lines(rng: np.random.Generator, gene: int, is_gtf: bool) -> Iterator[str]:
    """Lines of one gene: itself and 1 to 11 transcripts."""
    gene_id, name, chrom = f"ENSG{gene:011d}.4", f"NAME{gene}", f"chr{gene % 22 + 1}"
    strand, first = "+-"[gene % 2], 10_000 + 4_000 * (gene // 22)

    def line(feature: str, start: int, end: int, frame: str, **values: str) -> str:
        values |= {"gene_id": gene_id, "gene_type": "protein_coding", "gene_name": name}
        values |= {"level": "2", "hgnc_id": f"HGNC:{gene}", "havana_gene": f"OTTHUMG{gene:011d}.1"}
        pattern = '{} "{}";' if is_gtf else "{}={};"
        text = (" " if is_gtf else "").join(pattern.format(*pair) for pair in values.items())
        return f"{chrom}\tmade\t{feature}\t{start + 1}\t{end}\t.\t{strand}\t{frame}\t{text}\n"

    length_bp = EXONS * SPACING_BP
    yield line("gene", first, first + length_bp, ".", ID=gene_id)
    for number in range(int(rng.integers(1, 12))):
        own = f"ENST{gene:08d}{number:03d}.2"
        facts = {"transcript_id": own, "transcript_type": "protein_coding",
                 "transcript_name": f"{name}-{201 + number}", "tag": "basic"}  # fmt: skip
        yield line("transcript", first, first + length_bp, ".", ID=own, Parent=gene_id, **facts)
        for place, skip in enumerate(rng.integers(0, 60, EXONS).tolist()):
            start = first + place * SPACING_BP + skip
            facts["exon_number"] = str(place + 1)
            yield line(
                "exon", start, start + 120, ".", ID=f"exon:{own}:{place}", Parent=own, **facts
            )
            if 0 < place < EXONS - 1:
                yield line("CDS", start, start + 120, "0", ID=f"CDS:{own}", Parent=own, **facts)


def write_annotation(path: Path, n_lines: int) -> None:
    """Write a made annotation of at least so many lines."""
    rng, written, gene = np.random.default_rng(7), 0, 0
    with path.open("w", encoding="ascii") as file:
        while written < n_lines:
            lines = list(gene_lines(rng, gene, path.suffix == ".gtf"))
            file.writelines(lines)
            written, gene = written + len(lines), gene + 1


def measure(reader: str, path: Path) -> None:
    """Read a file in a process of its own, and print what it cost."""
    program = f"""
import resource, time
from {READERS[reader]} import {reader} as read

def cpu_s():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

before, start = cpu_s(), time.perf_counter()
found = read({str(path)!r})
peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(len(getattr(found, "genes", found)), cpu_s() - before, time.perf_counter() - start, peak_kb)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    found, cpu, wall, peak = map(float, run.stdout.split())
    print(f"| {reader} | {path.suffix} | {found:.0f} | {cpu:.1f} | {wall:.1f} | {peak / 1e6:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=3_000_000)
    parser.add_argument("--format", choices=["gtf", "gff3"], default="gtf")
    parser.add_argument("--keep", type=Path, help="make the file here, or read it if it is there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.keep or Path(folder) / f"made.{chosen.format}"
        if not path.exists():
            write_annotation(path, chosen.lines)
        print("| reader | file | found | CPU s | wall s | peak memory, GB |\n" + 6 * "|---" + "|")
        for reader in READERS:
            measure(reader, path)


if __name__ == "__main__":
    main()
