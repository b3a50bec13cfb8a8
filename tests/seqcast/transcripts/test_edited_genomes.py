"""Variants of whole VCFs: the edited mRNA is what splicing the edited genome gives."""

import gzip

import numpy as np
import polars as pl

from seqcast.genome.fasta import Genome, fetch_by_blocks
from seqcast.genome.sequence import reverse_complement
from seqcast.genome.variants import check_variants, read_variants
from seqcast.simulate import Parameters, simulate_genome
from seqcast.transcripts.annotation import read_transcripts
from seqcast.transcripts.consequences import read_edited
from seqcast.transcripts.edits import Edit, MrnaEdit, place_edit, slack_bp, spliced_transcripts
from seqcast.transcripts.marks import mark_codons
from seqcast.transcripts.records import table_of
from seqcast.transcripts.splicing import splice_transcripts


def random_variants(sequence, places, seed, n):
    """SNVs, insertions and deletions in VCF spelling, near the places given (0-based)."""
    rng = np.random.default_rng(seed)
    rows = []
    for i, place in enumerate(rng.choice(places, n)):
        start = int(place + rng.integers(-12, 13))
        ref = sequence[start : start + rng.choice([1, 1, 2, 4, 13])]
        added = "".join(rng.choice(list("ACGT"), rng.choice([0, 1, 3])))
        alt = ref[0] + added if rng.random() < 0.7 else str(rng.choice(list("ACGT")))
        rows.append((i, i, f"v{i}", "chr", start + 1, ref, alt))
    return rows


def lifted(exons, start, end, grown):
    """Exons on the edited contig, None where a border goes."""
    moved = []
    for exon in exons:
        if any(start < border < end for border in exon):
            return None
        moved.append([border if border <= start else border + grown for border in exon])
    return moved


def compare(genome, contig, sequence, transcripts, variants):
    """Count edits checked against the spelling of the VCF, applied to the contig as a string."""
    table = table_of(splice_transcripts(transcripts, genome))
    placed, fetch, exonic = spliced_transcripts(table), fetch_by_blocks(genome), 0
    checked = check_variants(variants, genome).filter(pl.col("status") == "valid")
    for row in checked.iter_rows(named=True):
        place = row["start"], row["end"], row["insert"]
        edit = Edit(*place, slack_bp(fetch, contig, *place))
        start, end = row["pos"] - 1, row["pos"] - 1 + len(row["ref"])
        edited = sequence[:start] + row["alt"] + sequence[end:]
        for transcript in placed:
            found = place_edit(transcript, edit)
            inside = [e for e in transcript.exons if e[0] < start and end < e[1]]
            if not inside:
                continue
            # the spelling of the VCF lies in an exon: so must the edit
            assert isinstance(found, MrnaEdit)
            exons = lifted(transcript.exons, start, end, len(row["alt"]) - len(row["ref"]))
            bases = "".join(edited[s:e] for s, e in exons)
            bases = bases if transcript.strand == "+" else reverse_complement(bases)
            read = read_edited(transcript.sequence, transcript.cds, found)
            assert read.sequence == bases.replace("T", "U")
            mark_codons(read.sequence, *(read.cds or (None, None)))
            exonic += 1
    return exonic


def test_simulated_variants(tmp_path):
    small = Parameters(
        contigs=(("chrS1", 40), ("chrS2", 20)), causal_snvs=30, causal_indels=12, decoys=8
    )
    simulate_genome(small, 3, tmp_path)
    variants = read_variants(tmp_path / "variants.vcf")
    transcripts = read_transcripts(tmp_path / "annotation.gtf")
    with Genome(tmp_path / "genome.fa") as genome:
        for contig, length in genome.contigs.items():
            sequence = genome.fetch(contig, 0, length)
            here = [t for t in transcripts if t.chrom == contig]
            places = [border for t in here for exon in t.exons for border in exon]
            drawn = random_variants(sequence, places, 1, 150)
            some = pl.DataFrame(drawn, schema=variants.columns, orient="row")
            some = some.with_columns(chrom=pl.lit(contig))
            of_contig = variants.filter(pl.col("chrom") == contig)
            assert compare(genome, contig, sequence, here, some) > 40
            assert compare(genome, contig, sequence, here, of_contig) > 20


def test_real_transcripts(shared, tmp_path):
    folder = shared / "data/human/chr3_52.3M_hg38"
    fasta = tmp_path / "region.fa"
    with gzip.open(folder / "chr3_52287089_52809009.local.fa.gz", "rt") as file:
        fasta.write_text(file.read())
    transcripts = read_transcripts(folder / "gencode.v35.protein_coding.local.gtf.gz")
    with Genome(fasta) as genome:
        ((contig, length),) = genome.contigs.items()
        sequence = genome.fetch(contig, 0, length)
        places = [border for t in transcripts for exon in t.exons for border in exon]
        places += [border for t in transcripts for part in t.cds for border in part]
        drawn = random_variants(sequence, places, 1, 200)
        some = pl.DataFrame(
            drawn, schema=["row", "record", "variant", "chrom", "pos", "ref", "alt"], orient="row"
        ).with_columns(chrom=pl.lit(contig))
        assert compare(genome, contig, sequence, transcripts, some) > 200
