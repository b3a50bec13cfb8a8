"""Reads come from where their label says, as many of each, from both strands, with errors."""

from dataclasses import replace
from pathlib import Path

import pytest

from seqcast.reads.dnabert import read_labels
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.simulated_reads import draw_reads, noncoding_pieces, write_reads

COMPLEMENT = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def genome(parameters):
    return draw_genome(replace(parameters, reads_per_class=200, read_bp=100, read_error=0.0), 3)


def test_reads_without_errors_lie_where_they_say(genome) -> None:
    genes = {placed.gene_id: placed for placed in genome.genes}
    strands = []
    reads = list(draw_reads(genome))
    assert [read.label for read in reads] == [1, 0] * 200
    for read in reads:
        placed = genes[read.name.split("_")[1]]
        gene = placed.gene
        texts = [gene.coding_sequence()] if read.label else noncoding_pieces(gene)
        assert len(read.sequence) == 100
        assert read.contig == placed.chrom
        reverse = read.sequence.translate(COMPLEMENT)[::-1]
        found = [any(s in text for text in texts) for s in (read.sequence, reverse)]
        assert any(found)
        strands.append(found[0])
    assert 150 < sum(strands) < 250  # of 400, 5 standard deviations of 10


def test_noncoding_pieces_are_the_slot_without_the_coding_sequence(genome) -> None:
    for placed in genome.genes[:10]:
        gene = placed.gene
        pieces = noncoding_pieces(gene)
        total = sum(map(len, pieces)) + len(gene.coding_sequence())
        assert total == len(gene.sequence)
        assert len(pieces) == len(gene.exons) + 1
        assert all(piece.startswith("GT") and piece.endswith("AG") for piece in pieces[1:-1])


def test_errors_are_as_many_as_asked_for(genome) -> None:
    # only the first read is the same without errors: they draw from the same generator
    many = replace(genome, parameters=replace(genome.parameters, read_error=0.9))
    clean, noisy = next(draw_reads(genome)), next(draw_reads(many))
    differ = sum(a != b for a, b in zip(clean.sequence, noisy.sequence, strict=True))
    assert 75 <= differ <= 100  # 90 of 100, 5 standard deviations of 3
    assert set(noisy.sequence) <= set("ACGT")


def test_files(genome, tmp_path: Path) -> None:
    write_reads(genome, tmp_path)
    assert read_labels(tmp_path / "labelled_reads.tsv").tolist() == [1, 0] * 200
    lines = (tmp_path / "reads.fastq").read_text().splitlines()
    assert len(lines) == 4 * 400
    reads = list(draw_reads(genome))
    assert lines[1::4] == [read.sequence for read in reads]
    assert lines[0::4] == [f"@{read.name}" for read in reads]
