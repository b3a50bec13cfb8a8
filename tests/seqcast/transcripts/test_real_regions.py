"""Transcripts of real human regions and of the synthetic genome, against a way base by base.

Sources: GENCODE v29 and v35, and open reading frames of GRCh37, in the regions that
tests/conftest.py's `shared` describes.
"""

import gzip
import re
from pathlib import Path

import pytest

from seqcast.genome.fasta import Genome
from seqcast.genome.sequence import reverse_complement
from seqcast.simulate import Parameters, simulate_genome
from seqcast.transcripts.annotation import read_transcripts
from seqcast.transcripts.marks import mark_codons
from seqcast.transcripts.records import TranscriptRow
from seqcast.transcripts.splicing import splice_transcripts

STOPS = {"UAA", "UAG", "UGA"}
CHR1 = "chr1_0-1M_hg38/hg38_1m.fa.gz", "chr1_0-1M_hg38/gencode.v29.chr1_0-1M.gtf.gz"
CHR3 = (
    "chr3_52.3M_hg38/chr3.hg38coords.npad.fa.gz",
    "chr3_52.3M_hg38/gencode.v35.protein_coding.gtf.gz",
)
CHR22 = (
    "chr22_20-21M_GRCh37/chr22.GRCh37coords.npad.fa.gz",
    "chr22_20-21M_GRCh37/spliceai_grch37_longestORF.chr22_20-21M.gtf.gz",
)
INCOMPLETE = {"cds_incomplete_start", "cds_incomplete_end"}


def plain(genome: Genome, gtf: Path) -> dict[str, str]:
    """Marked text of each transcript whose CDS begins in phase, base by base from the file."""
    features: dict[str, list] = {}
    cut = set()
    text = gzip.decompress(gtf.read_bytes()).decode() if gtf.suffix == ".gz" else gtf.read_text()
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        chrom, _, feature, start, end, _, strand, _, rest = line.split("\t")
        name = re.search(r'transcript_id "([^"]+)"', rest)
        if name and feature in ("exon", "CDS", "stop_codon"):
            places = list(range(int(start) - 1, int(end)))
            features.setdefault(name[1], []).append((feature, chrom, strand, places))
        if name and ("_NF" in rest):
            cut.add(name[1])
    texts = {}
    for name, parts in features.items():
        if name in cut:
            continue
        chrom, strand = parts[0][1:3]
        exonic = {place for feature, *_, places in parts if feature == "exon" for place in places}
        coding = {place for feature, *_, places in parts if feature != "exon" for place in places}
        out, n_coding = "", 0
        mrna = sorted(exonic, reverse=strand == "-")
        if coding and "stop_codon" not in [feature for feature, *_ in parts]:
            last = mrna.index(min(coding) if strand == "-" else max(coding))
            coding |= set(mrna[last + 1 : last + 4])  # here no CDS holds its stop codon
        for place in mrna:
            base = genome.fetch(chrom, place, place + 1)
            if place in coding:
                out += "E" if n_coding % 3 == 0 else ""
                n_coding += 1
            out += (base if strand == "+" else reverse_complement(base)).replace("T", "U")
        texts[name] = out
    return texts


def check_complete(rows: list[TranscriptRow]) -> int:
    """Each coding transcript that is not cut is one open reading frame; how many there are."""
    complete = [row for row in rows if row.cds_end and not row.flags & INCOMPLETE]
    for row in complete:
        assert row.sequence is not None
        assert row.cds_start is not None
        cds = row.sequence[row.cds_start : row.cds_end]
        codons = [cds[at : at + 3] for at in range(0, len(cds), 3)]
        assert codons[0] == "AUG"
        assert codons[-1] in STOPS
        assert STOPS.isdisjoint(codons[:-1])
        assert row.flags == set()
    return len(complete)


# Counts by hand: `zgrep -c` of transcript lines; coding ones are those with CDS lines.
@pytest.mark.parametrize(
    ("files", "n_all", "n_coding", "n_complete"),
    [(CHR1, 193, 27, 21), (CHR3, 170, 95, 60), (CHR22, 18, 18, 18)],
    ids=["chr1", "chr3", "chr22"],
)
def test_real_transcripts(
    shared: Path, files: tuple[str, str], n_all: int, n_coding: int, n_complete: int
) -> None:
    fasta, gtf = (shared / "data/human" / name for name in files)
    with Genome(fasta) as genome:
        rows = splice_transcripts(read_transcripts(gtf), genome)
        expected = plain(genome, gtf)
    assert [row.status for row in rows] == ["valid"] * n_all
    assert sum(row.cds_start is not None for row in rows) == n_coding
    assert check_complete(rows) == n_complete
    texts = {row.id: mark_codons(row.sequence or "", row.cds_start, row.cds_end) for row in rows}
    assert {name: texts[name] for name in expected} == expected


def test_sequences_equal_those_that_gencode_gives(shared: Path) -> None:
    fasta, gtf = (shared / "data/human" / name for name in CHR3)
    with Genome(fasta) as genome:
        rows = splice_transcripts(read_transcripts(gtf), genome)
    found = {row.id: row.sequence for row in rows}
    path = shared / "data/human/chr3_52.3M_hg38/gencode.v35.transcripts.fa.gz"
    records = gzip.decompress(path.read_bytes()).decode().split(">")[1:]
    given = {name: "".join(lines) for name, *lines in (record.split() for record in records)}
    assert len(given) == 17
    assert {name: found[name] for name in given} == {
        name: bases.upper().replace("T", "U") for name, bases in given.items()
    }


def test_synthetic_genome(tmp_path: Path) -> None:
    few = Parameters(contigs=(("chrS1", 20),), causal_snvs=4, causal_indels=2, decoys=2)
    simulate_genome(few, 3, tmp_path)
    with Genome(tmp_path / "genome.fa") as genome:
        rows = splice_transcripts(read_transcripts(tmp_path / "annotation.gtf"), genome)
        expected = plain(genome, tmp_path / "annotation.gtf")
    assert {
        row.id: mark_codons(row.sequence or "", row.cds_start, row.cds_end) for row in rows
    } == expected
    assert {(row.status, row.flags) for row in rows} == {("valid", frozenset())}
    assert check_complete(rows) == len(rows) >= 20
