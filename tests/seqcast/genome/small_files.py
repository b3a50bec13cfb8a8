"""A VCF, a genome and an annotation that belong together, small."""

from pathlib import Path

import numpy as np

from seqcast.genome.user_files import UserFiles

LETTERS = np.array(list("ACGT"))
OTHER = {"A": "C", "C": "G", "G": "T", "T": "A"}
ROWS = 40


def write_files(folder: Path, chrom: str = "chr1") -> UserFiles:
    """A genome of two contigs, variants on both whose REF it carries, and a gene on the first."""
    rng = np.random.default_rng(5)
    bases = {name: "".join(LETTERS[rng.integers(0, 4, 3000)]) for name in (chrom, "chr2")}
    files = UserFiles(folder / "my variants.vcf", folder / "genome.fa", folder / "genes.gtf")
    files.genome.write_text("".join(f">{name}\n{text}\n" for name, text in bases.items()))
    lines = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    for pos in range(100, 100 + 50 * ROWS, 50):
        name = chrom if pos < 1500 else "chr2"
        ref = bases[name][pos - 1]
        lines += f"{name}\t{pos}\t.\t{ref}\t{OTHER[ref]}\t.\t.\t.\n"
    files.vcf.write_text(lines)
    files.annotation.write_text(
        f'{chrom}\tx\texon\t200\t900\t.\t+\t.\tgene_id "g"; transcript_id "t";\n'
    )
    return files
