"""A toy genome of two contigs: one mRNA on either strand, with introns inside codons.

The mRNA is CC AUG GCU AAA UGA GG. Its exons, on c1: CCATGG (2-8), CTAAATG (14-21), AGG (27-30);
the introns cut the second codon and the stop codon. c2 is the reverse complement of c1.
"""

from collections.abc import Sequence
from pathlib import Path

from seqcast.genome.fasta import Genome
from seqcast.genome.sequence import reverse_complement

FORWARD = "TT" "CCATGG" "GTTTAG" "CTAAATG" "GTCCAG" "AGG" "TT"  # fmt: skip
LENGTH_BP = len(FORWARD)
MRNA = "CCAUGGCUAAAUGAGG"
MARKED = "CCEAUGEGCUEAAAEUGAGG"
EXONS = ((2, 8), (14, 21), (27, 30))
# 0-based half-open on c1, and the phase: how many bases come before the next codon.
CDS = ((4, 8, "0"), (14, 19, "2"))  # without the stop codon: AUG G|CU AAA
STOP = ((19, 21, "0"), (27, 28, "1"))  # UG|A
CDS_AND_STOP = ((4, 8, "0"), (14, 21, "2"), (27, 28, "1"))

Part = tuple[int, int, str]


def genome(folder: Path) -> Genome:
    """Write and open the genome."""
    path = folder / "toy.fa"
    path.write_text(f">c1\n{FORWARD}\n>c2\n{reverse_complement(FORWARD)}\n")
    return Genome(path)


def mirrored(start: int, end: int, strand: str) -> tuple[int, int]:
    """An interval of c1, or the same bases on c2."""
    return (start, end) if strand == "+" else (LENGTH_BP - end, LENGTH_BP - start)


def line(feature: str, start: int, end: int, frame: str, strand: str, attributes: str) -> str:
    """A line of GTF or GFF3 for an interval of c1 (or its mirror image on c2)."""
    start, end = mirrored(start, end, strand)
    chrom = "c1" if strand == "+" else "c2"
    return f"{chrom}\ttoy\t{feature}\t{start + 1}\t{end}\t.\t{strand}\t{frame}\t{attributes}\n"


def gtf(
    strand: str = "+", name: str = "T1.1", gene: str = "G1.1",
    exons: Sequence[tuple[int, int]] = EXONS, cds: Sequence[Part] = CDS,
    stop: Sequence[Part] = STOP, tags: Sequence[str] = (),
) -> str:  # fmt: skip
    """Lines of one transcript, in GENCODE's form by default."""
    said = f'gene_id "{gene}"; transcript_id "{name}"; gene_name "Toy";'
    said += "".join(f' tag "{tag}";' for tag in tags)
    text = line("transcript", 2, 30, ".", strand, said)
    text += "".join(line("exon", *exon, ".", strand, said) for exon in exons)
    text += "".join(line("CDS", *part, strand, said) for part in cds)
    return text + "".join(line("stop_codon", *part, strand, said) for part in stop)


def gff3(strand: str = "+", cds: Sequence[Part] = CDS_AND_STOP) -> str:
    """Lines of one transcript in the form of RefSeq's GFF3: the stop codon in the CDS."""
    text = line("gene", 2, 30, ".", strand, "ID=gene-Toy;Name=Toy")
    text += line(
        "mRNA", 2, 30, ".", strand,
        "ID=rna-NM_1.2;Parent=gene-Toy;transcript_id=NM_1.2;tag=MANE Select",
    )  # fmt: skip
    text += "".join(
        line("exon", *exon, ".", strand, f"ID=e{exon[0]};Parent=rna-NM_1.2") for exon in EXONS
    )
    return text + "".join(line("CDS", *p, strand, "ID=cds-1;Parent=rna-NM_1.2") for p in cds)
