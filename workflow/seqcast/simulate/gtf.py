"""The annotation in GENCODE's form: 1-based, inclusive, the stop codon in the UTR, not the CDS."""

from collections.abc import Iterator

from seqcast.simulate.gene import Gene
from seqcast.simulate.genome import PlacedGene, SimulatedGenome

Interval = tuple[int, int]
Line = tuple[str, Interval, str]  # feature, interval in the slot, frame


def gtf_lines(genome: SimulatedGenome) -> Iterator[str]:
    """Yield the lines of the GTF, header first.

    A gene's transcripts are the distal one (tagged Ensembl_canonical) and, if there is a
    proximal poly(A) site, the one that ends there. Exons are in transcript order.
    """
    yield f"##description: synthetic genome of seqcast, seed {genome.seed}"
    yield "##format: gtf"
    for placed in genome.genes:
        gene = {
            "gene_id": placed.gene_id,
            "gene_type": "protein_coding",
            "gene_name": placed.gene_name,
        }
        span = (placed.gene.tss, placed.gene.cleavage[0])
        yield _line(placed, ("gene", span, "."), gene)
        for t in range(len(placed.gene.cleavage)):
            transcript = {
                "gene_id": placed.gene_id,
                "transcript_id": transcript_id(placed, t),
                "gene_type": "protein_coding",
                "gene_name": placed.gene_name,
                "transcript_type": "protein_coding",
                "transcript_name": f"{placed.gene_name}-{201 + t}",
            }
            tags = {"tag": "basic"} if t else {"tag": "Ensembl_canonical"}
            for line in _transcript(placed.gene, t):
                yield _line(placed, line, transcript | tags)


def transcript_id(placed: PlacedGene, transcript: int) -> str:
    """Return the identifier of a gene's transcript (0 distal, 1 proximal)."""
    return f"SIMT{placed.number:06d}{transcript + 1}.1"


def transcript_exons(gene: Gene, transcript: int) -> tuple[Interval, ...]:
    """Return a transcript's exons in the slot: the last one ends at its cleavage site."""
    return (*gene.exons[:-1], (gene.exons[-1][0], gene.cleavage[transcript]))


def _transcript(gene: Gene, transcript: int) -> Iterator[Line]:
    """Yield the lines of one transcript, in the order of GENCODE."""
    exons = transcript_exons(gene, transcript)
    start, stop = gene.cds[0], gene.cds[1] - 3
    yield "transcript", (exons[0][0], exons[-1][1]), "."
    for exon in exons:
        yield "exon", exon, "."
    coding = _clip(exons, start, stop)
    before = 0
    for piece in coding:
        yield "CDS", piece, str(-before % 3)
        before += piece[1] - piece[0]
    yield "start_codon", (start, start + 3), "0"
    yield "stop_codon", (stop, stop + 3), "0"
    for piece in _clip(exons, 0, start) + _clip(exons, stop, exons[-1][1]):
        yield "UTR", piece, "."


def _clip(exons: tuple[Interval, ...], start: int, end: int) -> list[Interval]:
    """Return the parts of the exons within [start, end)."""
    clipped = [(max(s, start), min(e, end)) for s, e in exons]
    return [(s, e) for s, e in clipped if s < e]


def _line(placed: PlacedGene, line: Line, attributes: dict[str, str]) -> str:
    feature, interval, frame = line
    start, end = placed.interval(*interval)
    text = " ".join(f'{key} "{value}";' for key, value in attributes.items())
    columns = (placed.chrom, "seqcast", feature, start + 1, end, ".", placed.strand, frame, text)
    return "\t".join(map(str, columns))
