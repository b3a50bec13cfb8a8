"""References: genome and coding sequence from GenBank, or a BED at hand."""

import gzip

import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.reads.references import prepare_reference
from seqcast.genome.intervals import read_bed

GENBANK = """\
LOCUS       TWO                      130 bp    DNA     linear   BCT 01-JAN-2000
DEFINITION  made up.
ACCESSION   TWO
VERSION     TWO.1
FEATURES             Location/Qualifiers
     source          1..130
                     /db_xref="taxon:9"
     CDS             join(1..30,61..90)
                     /locus_tag="a"
     CDS             complement(21..40)
                     /locus_tag="b"
     gene            95..120
     CDS             41..50
                     /locus_tag="c"
ORIGIN
        1 acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt
       61 acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt
      121 nnnnnnnnnn
//
"""


@pytest.fixture
def genbank(tmp_path):
    path = tmp_path / "two.gbk"
    path.write_text(GENBANK)
    return path


def prepare(genbank, tmp_path, **options):
    prepare_reference(genbank, tmp_path / "g.fa", tmp_path / "c.bed", **options)
    return (tmp_path / "c.bed").read_text().splitlines()


def test_parts_that_overlap_or_touch_are_merged(genbank, tmp_path):
    assert prepare(genbank, tmp_path) == ["TWO.1\t0\t50", "TWO.1\t60\t90"]


def test_compat_leaves_them_apart_and_sorts_them(genbank, tmp_path):
    expected = [f"TWO.1\t{a}\t{b}" for a, b in [(0, 30), (20, 40), (40, 50), (60, 90)]]
    assert prepare(genbank, tmp_path, compat="readseeker") == expected


def test_a_fasta_needs_a_bed(genbank, tmp_path):
    prepare(genbank, tmp_path)
    (tmp_path / "given.bed").write_text("TWO.1\t0\t30\n")
    copy = tmp_path / "genome.fa"
    (tmp_path / "g.fa").rename(copy)
    assert prepare(copy, tmp_path, given=tmp_path / "given.bed") == ["TWO.1\t0\t30"]
    assert (tmp_path / "g.fa").read_text() == copy.read_text()
    with pytest.raises(
        InputError, match=r"genome.fa has no coding interval; expected a GenBank file"
    ):
        prepare(copy, tmp_path)


def test_genome_is_upper_case_with_lines_of_60(genbank, tmp_path):
    prepare(genbank, tmp_path)
    assert (tmp_path / "g.fa").read_text() == f">TWO.1\n{'ACGT' * 15}\n{'ACGT' * 15}\n{'N' * 10}\n"


@pytest.mark.parametrize("compressed", [False, True])
def test_a_given_bed_takes_the_place_of_the_features(genbank, tmp_path, compressed):
    bed, text = tmp_path / "given.bed", b"TWO.1\t5\t9\textra\nTWO.1\t9\t12\n"
    bed.write_bytes(gzip.compress(text) if compressed else text)
    assert prepare(genbank, tmp_path, given=bed) == ["TWO.1\t5\t12"]
    assert len(prepare(genbank, tmp_path, given=bed, compat="readseeker")) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "chr1\t5\t9\n",
            "ends at 9 of 'chr1', of which the genome has no bp; its contigs are TWO.1",
        ),
        ("TWO.1\t5\t131\n", "ends at 131 .* has 130 bp"),
        ("", "no coding interval"),
        ("TWO.1 5 9\n", "line 1"),
    ],
)
def test_a_bed_of_another_genome_is_refused(genbank, tmp_path, text, message):
    (tmp_path / "given.bed").write_text(text)
    with pytest.raises(InputError, match=message):
        prepare(genbank, tmp_path, given=tmp_path / "given.bed")
    assert not (tmp_path / "c.bed").exists()


def test_a_record_without_cds_is_refused(genbank, tmp_path):
    genbank.write_text(GENBANK.replace("     CDS  ", "     gene "))
    with pytest.raises(
        InputError, match="no coding interval; expected a GenBank file with CDS features"
    ):
        prepare(genbank, tmp_path)


def test_sars2_is_the_bed_that_readseeker_used(shared, tmp_path):
    data = shared / "data/reads/sars2"
    lines = prepare(data / "NC_045512.2.gbk.gz", tmp_path, compat="readseeker")
    assert lines == gzip.decompress((data / "sars2_cds.bed.gz").read_bytes()).decode().splitlines()


@pytest.mark.parametrize("genbank", ["sars2/NC_045512.2.gbk.gz", "lambda/lambda.gbk.gz"])
def test_merged_coding_sequence_of_real_genomes(shared, tmp_path, genbank):
    path = shared / "data/reads" / genbank
    prepare(path, tmp_path)
    assert read_bed(tmp_path / "c.bed").equals(read_bed(path.parent / "cds_merged.bed"))
