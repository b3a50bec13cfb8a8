"""Contigs of aligned reads take the names of the genome, or the reads are of another one."""

import logging

import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.contigs import shared_contigs
from seqcast.genome.fasta import Genome


@pytest.fixture
def genome(tmp_path):
    (tmp_path / "g.fa").write_text(">chr1\nACGT\n>chr2\nACGTA\n>chrM\nAC\n")
    (tmp_path / "aliases.tsv").write_text("contig\talias\nchr1\t1\nchr1\tNC_1\nchrM\tMT\n")
    with Genome(tmp_path / "g.fa", tmp_path / "aliases.tsv") as opened:
        yield opened


def test_names_are_the_genome_s_and_the_rest_is_told(genome, caplog):
    with caplog.at_level(logging.WARNING):
        names = shared_contigs({"chr2": 5, "NC_1": 4, "ERCC-2": 9, "2": 5}, genome, "a.bam")
    assert names == {"chr2": "chr2", "NC_1": "chr1"}  # no prefix is added or cut
    assert [record.message for record in caplog.records] == [
        "a.bam: 2 contigs are not in the genome, and their reads do not count: 2, ERCC-2",
        "a.bam: no read could be aligned to 1 contigs of the genome, and coverage of 0 there says "
        "nothing: chrM",
    ]


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ({}, r"no contig of a\.bam \(\) is in"),
        ({"2": 5}, r"no contig of a\.bam \(2\) is in .*g\.fa \(chr1, chr2, chrM\).*contig_aliases"),
        ({"chr1": 4, "MT": 3}, r"a\.bam has 3 bp of MT, .*g\.fa has 2 bp of chrM"),
        ({"chr1": 4, "1": 4}, "contigs chr1 and 1, which are both chr1"),
    ],
)
def test_reads_of_another_genome_are_refused(genome, lengths, message):
    with pytest.raises(InputError, match=message):
        shared_contigs(lengths, genome, "a.bam")
