"""mRNAs are spliced on both strands, and their CDS is found whatever the annotation's convention.

Expected values of the toy genome are counted by hand (see `toy`).
"""

from pathlib import Path

import pytest

from seqcast.genome.fasta import Genome
from seqcast.transcripts.annotation import read_transcripts
from seqcast.transcripts.coding import mrna_interval
from seqcast.transcripts.marks import mark_codons
from seqcast.transcripts.records import TranscriptRow, table_of
from seqcast.transcripts.splicing import splice_transcripts
from tests.seqcast.transcripts import toy

STRANDS = pytest.mark.parametrize("strand", ["+", "-"])


def spliced(folder: Path, text: str, name: str = "toy.gtf") -> list[TranscriptRow]:
    (folder / name).write_text(text)
    with toy.genome(folder) as genome:
        return splice_transcripts(read_transcripts(folder / name), genome)


@STRANDS
@pytest.mark.parametrize(
    "parts",
    [
        {},  # GENCODE: the stop codon on lines of its own
        {"cds": toy.CDS_AND_STOP, "stop": ()},  # RefSeq: in the CDS
        {"cds": toy.CDS_AND_STOP},  # in both
        {"stop": ()},  # in neither: the codon after the CDS is one
        {"cds": [(*part[:2], ".") for part in toy.CDS]},  # no phases
        {"cds": [(*part[:2], "0") for part in toy.CDS]},  # wrong ones, but AUG ... UGA is open
    ],
)
def test_cds_ends_with_the_stop_codon(tmp_path: Path, strand: str, parts: dict) -> None:
    (row,) = spliced(tmp_path, toy.gtf(strand, **parts))
    assert (row.sequence, row.length_nt, row.status) == (toy.MRNA, 16, "valid")
    assert (row.cds_start, row.cds_end, row.flags) == (2, 14, frozenset())
    assert mark_codons(toy.MRNA, row.cds_start, row.cds_end) == toy.MARKED
    assert row.strand == strand
    assert row.exon_starts == sorted(toy.mirrored(*exon, strand)[0] for exon in toy.EXONS)
    assert row.exon_ends == sorted(toy.mirrored(*exon, strand)[1] for exon in toy.EXONS)


@STRANDS
def test_gff3_of_refseq(tmp_path: Path, strand: str) -> None:
    (row,) = spliced(tmp_path, toy.gff3(strand), "toy.gff3")
    assert (row.id, row.gene_id, row.sequence) == ("NM_1.2", "gene-Toy", toy.MRNA)
    assert (row.cds_start, row.cds_end, row.flags) == (2, 14, frozenset())


@STRANDS
@pytest.mark.parametrize(
    ("parts", "ends", "flags"),
    [
        # CC|AUG: the CDS begins in a codon of which the 5' end is not known
        ({"cds": [(2, 8, "2"), (14, 19, "2")]}, (2, 14), {"cds_incomplete_start"}),
        # U|GGC|UAA|AUG|AGG: another frame
        ({"cds": [(5, 8, "1"), (14, 21, "1")], "stop": (), "tags": ["cds_start_NF"]}, (4, 13), {"cds_incomplete_start", "stop_inside_cds", "no_stop_codon"}),
        # AUG GCU AAA UGA GG, to the end of the mRNA
        ({"cds": [(4, 8, "0"), (14, 21, "2"), (27, 30, "1")], "stop": ()}, (2, 14), {"cds_incomplete_end"}),
        # AUG GCU AA: cut by the annotation
        ({"cds": [(4, 8, "0"), (14, 18, "2")], "stop": (), "tags": ["cds_end_NF"]}, (2, 8), {"cds_incomplete_end"}),
        # AUG GCU: no stop codon after it
        ({"cds": [(4, 8, "0"), (14, 16, "2")], "stop": ()}, (2, 8), {"no_stop_codon"}),
        # GCU AAA UGA: no start codon
        ({"cds": [(7, 8, "0"), (14, 19, "2")]}, (5, 14), {"no_start_codon"}),
        ({"cds": (), "stop": ()}, (None, None), {"no_cds"}),
        # AUG GCU AA, the file does not say that it is cut
        ({"cds": [(4, 8, "0"), (14, 18, "2")], "stop": ()}, (None, None), {"cds_out_of_phase"}),
        # whole codons without AUG, of which the phases say another frame
        ({"cds": [(7, 8, "0"), (14, 19, "0")]}, (None, None), {"cds_out_of_phase"}),
        ({"cds": [(4, 10, "0"), (14, 19, "2")]}, (None, None), {"cds_outside_exons"}),
        ({"cds": [(4, 8, "0"), (15, 19, "2")]}, (None, None), {"cds_not_contiguous"}),
        ({"cds": [(4, 8, "0"), (14, 17, "2"), (16, 19, "2")]}, (None, None), {"cds_not_contiguous"}),
        ({"cds": [(28, 30, "0")], "stop": ()}, (None, None), {"cds_out_of_phase"}),
    ],
)  # fmt: skip
def test_a_sequence_is_never_lost_by_its_cds(
    tmp_path: Path, strand: str, parts: dict, ends: tuple, flags: set
) -> None:
    (row,) = spliced(tmp_path, toy.gtf(strand, **parts))
    assert (row.status, row.sequence) == ("valid", toy.MRNA)
    assert ((row.cds_start, row.cds_end), set(row.flags)) == (ends, flags)
    assert (row.problem is not None) == (ends == (None, None) and "no_cds" not in flags)


def test_cds_without_exons(tmp_path: Path) -> None:
    (row,) = spliced(tmp_path, toy.gtf(exons=()))
    assert (row.sequence, row.cds_start, row.cds_end) == ("AUGGCUAAAUGA", 0, 12)
    assert row.flags == {"no_exons"}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (toy.gtf().replace("c1\t", "c3\t"), "contig_not_found"),
        (toy.gtf(exons=[*toy.EXONS, (31, 33)]), "exons_outside_contig"),
        (toy.gtf(exons=[(2, 9), (8, 21)]), "exons_overlap"),
        (toy.gtf(exons=[*toy.EXONS, toy.EXONS[0]]), "exons_overlap"),
        (toy.gtf() + toy.gtf("-").replace("c2\t", "c1\t"), "exons_on_both_strands"),
    ],
)
def test_what_cannot_be_spliced_has_a_status(tmp_path: Path, text: str, status: str) -> None:
    row, good = spliced(tmp_path, text + toy.gtf(name="T2"))
    assert (row.id, row.status, row.sequence, row.cds_start) == ("T1.1", status, None, None)
    assert row.problem
    assert (good.id, good.status) == ("T2", "valid")


@pytest.mark.parametrize(
    ("letter", "sequence", "status", "flags", "problem"),
    [
        ("N", "N" + toy.MRNA[1:], "valid", {"unknown_bases"}, None),
        ("r", None, "iupac_code", set(), "'R' at 0"),
    ],
)
def test_letters_of_the_genome(
    tmp_path: Path, letter: str, sequence: str | None, status: str, flags: set, problem: str | None
) -> None:
    (tmp_path / "toy.gtf").write_text(toy.gtf())
    bases = toy.FORWARD[:2] + letter + toy.FORWARD[3:].lower()
    (tmp_path / "soft.fa").write_text(f">c1\n{bases}\n")
    with Genome(tmp_path / "soft.fa") as genome:
        (row,) = splice_transcripts(read_transcripts(tmp_path / "toy.gtf"), genome)
    assert (row.sequence, row.status, row.flags, row.problem) == (sequence, status, flags, problem)


def test_an_exon_that_is_there_twice_is_named(tmp_path: Path) -> None:
    row, _ = spliced(tmp_path, toy.gtf(exons=[*toy.EXONS, (2, 8)]) + toy.gtf(name="T2"))
    assert row.problem == "exon 2-8 is there twice"


def test_order_is_that_of_the_transcripts_and_repeated_ids_are_flagged(tmp_path: Path) -> None:
    rows = spliced(tmp_path, toy.gtf("-", "B") + toy.gtf(name="A") + toy.gtf(name="B"))
    table = table_of(rows)
    assert table.select("row", "id", "chrom", "flags").rows() == [
        (0, "B", "c2", "duplicate_id"),
        (1, "A", "c1", ""),
        (2, "B", "c1", "duplicate_id"),
    ]
    assert table["exon_starts"].to_list() == [[2, 11, 24], [2, 14, 27], [2, 14, 27]]


def test_mrna_interval() -> None:
    assert mrna_interval(toy.EXONS, "+", 14, 19) == (6, 11)
    assert mrna_interval(toy.EXONS, "-", 14, 19) == (5, 10)  # of 16 nt, the other way round
    assert mrna_interval(toy.EXONS, "+", 7, 15) is None
