"""Variants of one copy of a chromosome become one edit, that of all of them applied by hand."""

import gzip

import numpy as np
import polars as pl
import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.genome.haplotypes import MEMBERS, check_file, is_haplotype
from tests.seqcast.text_genome import TextGenome

#           1-based: 123456789012345678901234567890
SEQUENCE = "GATTACAGGCTTAACCGTACGTTGCATGCA" + "N" + "ACGTA"
HEADER = """\
##fileformat=VCFv4.2
##contig=<ID=c,length=36>
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=PS,Number=1,Type=Integer,Description="Phase set">
"""
COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]


def write(path, records, samples=("s1",)):
    """A VCF of (pos, ref, alt, genotype of each sample ...)."""
    lines = ["\t".join([*COLUMNS, *samples])]
    for pos, ref, alt, *cells in records:
        keys = "GT:PS" if any(":" in cell for cell in cells) else "GT"
        lines.append("\t".join(["c", str(pos), ".", ref, alt, ".", ".", ".", keys, *cells]))
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return path


@pytest.fixture
def found(tmp_path):
    """Function: haplotypes of records, of a genome that is written above."""

    def haplotypes(*records, samples=("s1",), span_bp=25, genome=SEQUENCE, mode="exclude"):
        path = write(tmp_path / "in.vcf", records, samples)
        table = check_file(path, TextGenome(genome), mode, haplotype_span_bp=span_bp)
        n = sum(len(record[2].split(",")) for record in records)
        assert table["row"].to_list() == list(range(len(table)))
        assert is_haplotype(table, n).to_list() == [row >= n for row in table["row"]]
        return table.filter(pl.col("members").is_not_null())

    return haplotypes


def edited(row, genome=SEQUENCE):
    return genome[: row["start"]] + row["insert"] + genome[row["end"] :]


def by_hand(genome, edits):
    """Apply (pos, ref, alt) from right to left."""
    for pos, ref, alt in sorted(edits, reverse=True):
        assert genome[pos - 1 :].startswith(ref)
        genome = genome[: pos - 1] + alt + genome[pos - 1 + len(ref) :]
    return genome


@pytest.mark.parametrize(
    "edits",
    [
        [(4, "T", "G"), (9, "G", "C")],
        [(4, "T", "G"), (5, "A", "C"), (6, "C", "T")],
        [(4, "T", "TGG"), (9, "G", "C")],
        [(3, "TTA", "T"), (6, "C", "CAA"), (12, "T", "G")],
        [(1, "GA", "A"), (3, "T", "C")],  # a deletion without a base before it
        [(2, "AT", "A"), (4, "TA", "T")],  # nothing stays of two neighbouring deletions
        [(10, "C", "CTT"), (11, "T", "G")],  # to be moved left alone, not across the other one
        [(10, "CTT", "CT"), (13, "A", "G"), (15, "CC", "TTC")],
    ],
)
def test_the_edit_of_a_haplotype_is_that_of_its_variants(found, edits):
    table = found(*((*edit, "0|1") for edit in edits))
    (row,) = table.rows(named=True)
    assert row["status"] == "valid"
    assert edited(row) == by_hand(SEQUENCE, edits)
    assert row["variant"] == "hap:" + "+".join(f"c:{pos}:{ref}>{alt}" for pos, ref, alt in edits)
    assert row["members"] == list(range(len(edits)))
    assert (row["record"], row["pos"], row["chrom"]) == (None, edits[0][0], "c")
    assert by_hand(SEQUENCE, [(row["pos"], row["ref"], row["alt"])]) == edited(row)


def test_random_haplotypes_are_those_of_their_variants(found):
    rng = np.random.default_rng(5)
    genome = "".join(rng.choice(list("AC"), 400))  # many repeats
    records = []
    for start in range(5, 390, 6):
        ref = genome[start : start + rng.integers(1, 4)]
        alt = ref[0] + "".join(rng.choice(list("ACGT"), rng.integers(0, 3)))
        records.append((start + 1, ref, "GT" if alt == ref else alt, rng.choice(["0|1", "1|0"])))
    table = found(*records, genome=genome, span_bp=40)
    assert table.height > 10
    for row in table.rows(named=True):
        assert row["status"] == "valid"
        mine = [records[member][:3] for member in row["members"]]
        assert edited(row, genome) == by_hand(genome, mine)
        assert mine[-1][0] + len(mine[-1][1]) - mine[0][0] <= 40
        assert len({records[member][3] for member in row["members"]}) == 1


A, B, C = (4, "T", "G"), (9, "G", "C"), (12, "T", "A")


@pytest.mark.parametrize(
    ("genotypes", "members"),
    [
        (("0|1", "0|1", "0|1"), [[0, 1, 2]]),
        (("0|1", "1|0", "0|1"), [[0, 2]]),
        (("0/1", "0|1", "0/1"), []),  # unphased
        (("0|1", "./.", "."), []),  # missing
        (("0|1", ".|1", "0|."), [[0, 1]]),  # half-calls: what is known counts
        (("./1", "0|1", "1/."), []),
        (("1/1", "0|1", "1|0"), [[0, 1], [0, 2]]),  # all copies have the first
        (("1/1", "1/1", "0/1"), [[0, 1]]),
        (("1", "1", "0"), [[0, 1]]),  # haploid
        (("0|1:7", "0|1:7", "0|1:12"), [[0, 1]]),  # another phase set
        (("0|1:.", "0|1:12", "0|1"), [[0, 2]]),
        (("0|1:7", "0/1:7", "1|0:7"), []),
        (("1/1:.", "0|1:9", "0|1:12"), [[0, 1]]),  # counts to the nearest
        (("0|0|1", "0|0|1", "1|0|0"), [[0, 1]]),
        (("|0|1", "|0|1", "/1/1"), [[0, 1, 2]]),  # as VCF 4.4 has it
    ],
)
def test_genotypes_tell_which_copy_has_a_variant(found, genotypes, members):
    table = found(*((*edit, cell) for edit, cell in zip((A, B, C), genotypes, strict=True)))
    assert table["members"].to_list() == members


def test_equal_haplotypes_are_one_row(found):
    table = found((*A, "0|1", "1|1", "0|0"), (*B, "0|1", "1|1", "0|1"), (*C, "0|0", "0|1", "0|1"),
                  samples=("s1", "s2", "s3"))  # fmt: skip
    assert table["members"].to_list() == [[0, 1], [0, 1, 2], [1, 2]]
    assert table["carriers"].to_list() == [2, 1, 1]
    assert table["samples"].to_list() == [["s1", "s2"], ["s2"], ["s3"]]


def test_a_haplotype_has_one_alt_of_each_record(found):
    table = found((4, "T", "G,A", "1|2"), (9, "G", "C", "1|1"))
    assert table["members"].to_list() == [[0, 2], [1, 2]]


def test_a_repeated_record_counts_once(found):
    assert found((*A, "0|1"), (*A, "0|1"), (*B, "0|1"))["members"].to_list() == [[0, 2]]


def test_haplotypes_lie_within_the_span(found):
    records = [(*edit, "0|1") for edit in (A, B, C)]
    assert found(*records, span_bp=6)["members"].to_list() == [[0, 1]]
    assert found(*records, span_bp=5)["members"].to_list() == [[1, 2]]
    assert found(*records, span_bp=3)["members"].to_list() == []


@pytest.mark.parametrize(
    ("records", "status"),
    [
        ([(4, "TACA", "T"), (6, "C", "G")], "edits_overlap"),
        ([(4, "T", "TA"), (4, "T", "TC")], "edits_overlap"),  # in which order?
        ([A, (9, "A", "C")], "member_unusable"),  # REF is not the genome's
        ([A, (9, "G", "<DEL>")], "member_unusable"),
        ([(27, "T", "C"), (33, "C", "G")], "ref_ambiguous"),  # an N between them
        ([(12, "T", "TA"), (13, "AA", "A")], "ref_equals_alt"),  # they undo each other
    ],
)
def test_what_has_no_sequence_has_a_status(found, records, status):
    table = found(*((*record, "0|1") for record in records))
    assert table["status"].to_list() == [status]
    assert table.select("start", "end", "insert").null_count().row(0) == (1, 1, 1)


@pytest.mark.parametrize(
    ("edits", "border"),
    [
        ([(4, "T", "G"), (9, "G", "C")], None),
        ([(4, "T", "G"), (9, "GCT", "G"), (14, "A", "AC")], [9, 11]),
        ([(3, "TTA", "T"), (9, "G", "GCCC"), (14, "A", "C")], [9, 9]),
        ([(3, "TTAC", "CA"), (9, "G", "C")], [4, 6]),
        ([(4, "T", "G"), (5, "ACA", "A")], [5, 7]),
        ([(4, "TA", "T"), (6, "CAG", "C")], [6, 8]),
    ],
)
def test_bins_are_aligned_by_the_longest_indel(found, edits, border):
    table = found(*((*edit, "0|1") for edit in edits))
    assert table["border"].to_list() == [border]


def test_an_allele_that_another_variant_deletes_is_no_member(found):
    table = found((4, "TACA", "T", "0|1"), (6, "C", "G,*", "1|2"), (9, "G", "C", "0|1"))
    assert table.select("members", "status").rows() == [([0, 3], "valid")]


def test_an_exchanged_variant_has_no_place_in_a_haplotype(found):
    exchanged = [(pos, "A" if SEQUENCE[pos - 1] != "A" else "C", SEQUENCE[pos - 1], "0/1")
                 for pos in range(10, 31)]  # fmt: skip
    table = found((4, "G", "T", "0|1"), (9, "G", "C", "0|1"), *exchanged, mode="swap")
    assert table["status"].to_list() == ["member_unusable"]


def test_all_kinds_of_files_have_genotypes(tmp_path):
    genome = TextGenome(SEQUENCE)
    plain = write(tmp_path / "in.vcf", [(*A, "0|1:3"), (*B, "0|1:3"), (*C, "1|0:3")])
    expected = check_file(plain, genome, haplotype_span_bp=25)
    assert expected.height == 4
    (tmp_path / "in.vcf.gz").write_bytes(gzip.compress(plain.read_bytes()))
    bcf = str(tmp_path / "in.bcf")
    with (
        pysam.VariantFile(str(plain)) as source,
        pysam.VariantFile(bcf, "wb", header=source.header) as copy,
    ):
        for record in source:
            copy.write(record)
    for name in ("in.vcf.gz", "in.bcf"):
        assert check_file(tmp_path / name, genome, haplotype_span_bp=25).equals(expected)
    assert check_file(plain, genome).equals(expected[:3].drop(*MEMBERS))


def test_files_without_samples_are_refused(tmp_path):
    path = write(tmp_path / "in.vcf", [], samples=())
    path.write_text(HEADER + "\t".join(COLUMNS[:8]) + "\nc\t4\t.\tT\tG\t.\t.\t.\n")
    with pytest.raises(InputError, match=r"in\.vcf has no sample; .* leave the cell haplotypes"):
        check_file(path, TextGenome(SEQUENCE), haplotype_span_bp=25)
    pl.DataFrame({"chrom": ["c"], "pos": [4], "ref": ["T"], "alt": ["G"]}).write_parquet(path)
    with pytest.raises(InputError, match="has no sample"):
        check_file(path, TextGenome(SEQUENCE), haplotype_span_bp=25)


def test_genotypes_without_gt_give_no_haplotype(tmp_path):
    path = write(tmp_path / "in.vcf", [(*A, "0|1"), (*B, "0|1")])
    path.write_text(path.read_text().replace("\tGT\t", "\tPS\t").replace("0|1", "1"))
    assert check_file(path, TextGenome(SEQUENCE), haplotype_span_bp=25).height == 2
