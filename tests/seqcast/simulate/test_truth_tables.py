"""Transcripts straight from the genes are those that the genome and its annotation spell."""

from seqcast.genome.sequence import reverse_complement
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.truth_tables import MRNA_COLUMNS, mrna_rows


def test_transcripts_are_those_of_the_annotation(written, parameters) -> None:
    rows = list(mrna_rows(draw_genome(parameters, 3)))
    assert [row[0] for row in rows] == written.transcripts["transcript_id"].to_list()
    assert len(MRNA_COLUMNS) == len(rows[0])
    for name, gene_id, sequence, cds_start, cds_end in rows:
        lines = written.gtf.filter(written.gtf["transcript_id"] == name)
        exons = lines.filter(lines["feature"] == "exon").sort("start").rows(named=True)
        chrom, strand = exons[0]["chrom"], exons[0]["strand"]
        spliced = "".join(written.contigs[chrom][e["start"] : e["end"]] for e in exons)
        assert sequence == (spliced if strand == "+" else reverse_complement(spliced))
        assert sequence[cds_start : cds_start + 3] == "ATG"
        assert sequence[cds_end - 3 : cds_end] in {"TAA", "TAG", "TGA"}
        coding = lines.filter(lines["feature"] == "CDS")
        # GENCODE's CDS ends before the stop codon
        assert cds_end - cds_start == (coding["end"] - coding["start"]).sum() + 3
        assert gene_id == exons[0]["gene_id"]
