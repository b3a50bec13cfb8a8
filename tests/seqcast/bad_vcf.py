"""Small variant files, each with one thing wrong, on a random genome of 2,000 bases."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pysam

LENGTH_BP = 2000
_rng = random.Random(1)
_bases = "".join(_rng.choices("ACGT", k=LENGTH_BP))
# N run at 901-920 (1-based), IUPAC R at 951, and a soft-masked stretch at 1001-1100
SEQUENCE = f"{_bases[:900]}{'N' * 20}{_bases[920:950]}R{_bases[951:1000]}"
SEQUENCE += _bases[1000:1100].lower() + _bases[1100:]
CONTIGS = {
    "chr1": SEQUENCE,
    "chrX": _bases[:300],  # its start is a PAR: the same bases as on chrY
    "chrY": _bases[:300],
    "chrM": _bases[300:400],
    "chr1_KI270706v1_random": _bases[400:500],
}
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
HEADER = (
    "##fileformat=VCFv4.2\n"
    + "".join(f"##contig=<ID={name}>\n" for name in CONTIGS)
    + '##ALT=<ID=DEL,Description="">\n'
    + '##INFO=<ID=END,Number=1,Type=Integer,Description="">\n'
)


def write_genome(path: Path) -> Path:
    """Write the genome as FASTA, 60 bases a line."""
    with path.open("w") as file:
        for name, bases in CONTIGS.items():
            lines = [bases[i : i + 60] for i in range(0, len(bases), 60)]
            file.write("\n".join([f">{name}", *lines, ""]))
    return path


def ref(pos: int, length: int = 1, chrom: str = "chr1") -> str:
    """Bases of the genome from a 1-based position on, in upper case."""
    return CONTIGS[chrom][pos - 1 : pos - 1 + length].upper()


def other(base: str) -> str:
    """A base that is not the given one."""
    return "CGTA"["ACGT".index(base)]


def row(pos: object, ref: str, alt: str, chrom: str = "chr1", info: str = ".") -> str:
    """A data line."""
    return f"{chrom}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t{info}\n"


def snv(pos: int, chrom: str = "chr1") -> str:
    """A data line of a valid single-base change."""
    return row(pos, ref(pos, chrom=chrom), other(ref(pos, chrom=chrom)), chrom)


GOOD = snv(100)


def vcf(*rows: str, header: str = HEADER + COLUMNS) -> bytes:
    """A VCF of data lines."""
    return (header + "".join(rows)).encode()


def wrong_build(n_rows: int) -> bytes:
    """Single-base changes whose positions mean another genome."""
    rng = random.Random(2)
    alleles = [rng.sample("ACGT", 2) for _ in range(n_rows)]
    return vcf(*(row(rng.randrange(1, 900), *pair) for pair in alleles))


def unicode_samples() -> bytes:
    """A VCF with a sample whose name is not ASCII."""
    columns = COLUMNS.replace("\n", "\tFORMAT\tPatientin Ü 日本\n")
    return vcf(GOOD.replace("\n", "\tGT\t0/1\n"), header=HEADER + columns)


def bgzip(folder: Path, data: bytes) -> bytes:
    """The bytes compressed as BGZF."""
    path = folder / "packed.gz"
    with pysam.BGZFile(str(path), "wb", index=None) as file:
        file.write(data)
    return path.read_bytes()


def many() -> bytes:
    """A VCF of several BGZF blocks."""
    rng = random.Random(3)
    return vcf(*(snv(rng.randrange(1, 900)) for _ in range(20_000)))


def bgzip_without_end(folder: Path) -> bytes:
    """A BGZF file without the empty block that ends it (28 bytes)."""
    return bgzip(folder, many())[:-28]


def bgzip_cut(folder: Path) -> bytes:
    """A BGZF file cut within a block."""
    data = bgzip(folder, many())
    return data[: len(data) * 2 // 3]


def bgzip_hole(folder: Path) -> bytes:
    """A BGZF file cut within a block, but with the end block."""
    return bgzip_cut(folder) + bgzip(folder, b"")


def bgzip_damaged(folder: Path) -> bytes:
    """A BGZF file with one byte changed."""
    data = bytearray(bgzip(folder, many()))
    data[len(data) // 2] ^= 255
    return bytes(data)


def csi_only(folder: Path) -> bytes:
    """A sorted BGZF file with a .csi index beside it, and no .tbi."""
    source = folder / "input.vcf.gz"
    source.write_bytes(bgzip(folder, vcf(GOOD)))
    pysam.tabix_index(str(source), preset="vcf", csi=True)
    return source.read_bytes()


def gzip_cut(folder: Path) -> bytes:
    """A plain gzip file cut short."""
    return gzip.compress(many(), mtime=0)[:-500]


Maker = Callable[[Path], bytes]
