"""The whole protocol on real reads: outputs equal to those of the original's scripts.

Golden files: the original's scripts run on the same reads, see the README beside them, with the
programs of Debian 12. The original lets the threads of bowtie2 write in the order in which they end,
so that alignments of one place and strand come in another order each time. Of the sample where that
shows (sars2_real), the rows are compared in the golden order after that order was found to differ
within one place and strand only.
"""

import gzip
import hashlib
import shutil
from pathlib import Path

import pytest

from seqcast.core.programs import version
from seqcast.evaluation.reads import comparators, labelled_reads, mapping, references

PROGRAMS = {"bowtie2": "2.5.0", "samtools": "1.16.1", "bedtools": "2.30.0"}
SAMPLES = {
    "ecoli": ("ecoli_sim", "ecoli/ecoli_sim_R{}.fq.gz", "ecoli/NC_000913.3.gbk.gz",
              "ecoli/ecoli_cds.bed.gz", "ecoli/ecoli_cds_uniprotkb_561_2024_01_12_joined.bed.gz", True),
    "sars2": ("sars2_real", "sars2/pos_MN908947_3_1_R{}.fastq.gz", "sars2/NC_045512.2.gbk.gz",
              "sars2/sars2_cds.bed.gz", None, False),
}  # fmt: skip


@pytest.fixture(scope="module", params=SAMPLES)
def run(request, shared, tmp_path_factory):
    """Reads, mapped and split with compat on; reference, sample, folder, whether balanced."""
    for name, expected in PROGRAMS.items():
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed (Debian: bowtie2 samtools bedtools)")
        if version(name) != expected:
            pytest.skip(f"{name} is {version(name)}; the golden files are of {expected}")
    sample, reads, genbank, coding, unclear, balanced = SAMPLES[request.param]
    data, folder = shared / "data/reads", tmp_path_factory.mktemp(sample)
    bed, fasta = folder / "coding.bed", folder / "genome.fa"
    references.prepare_reference(data / genbank, fasta, bed, data / coding, "readseeker")
    joined = None
    if unclear:
        joined = folder / "unclear.bed"
        with gzip.open(data / unclear) as file:
            joined.write_bytes(file.read())
    mapping.index_reference(fasta, folder / "index")
    pair = [data / reads.format(mate) for mate in (1, 2)]
    mapping.map_reads(folder / "index", *pair, folder / "mapped.bam", threads=2)
    bams = folder / "coding.bam", folder / "non_coding.bam"
    mapping.split_alignments(folder / "mapped.bam", bed, joined, *bams)
    return request.param, sample, folder, balanced


@pytest.fixture(scope="module")
def chosen(run):
    _, _, folder, balanced = run
    return labelled_reads.choose_reads(
        folder / "coding.bam", folder / "non_coding.bam", labelled_reads.Choice(balanced=balanced),
        unclear_known=True, compat="readseeker",
    )  # fmt: skip


@pytest.fixture(scope="module")
def in_golden_order(run, chosen, shared):
    """The reads, those of one place and strand in the order of the golden file."""
    _, sample, folder, _ = run
    path = shared / f"reference/readseeker/protocol/{sample}.dev_without_sequence.tsv.gz"
    with gzip.open(path, "rt") as file:
        golden = [line.split("\t")[1] for line in file][1:]
    by_key = {read.key: read for read in chosen[0]}
    assert len(by_key) == len(chosen[0])
    place = {
        key: (kind, record.reference_start, record.is_reverse)
        for kind in ("coding", "non_coding")
        for key, record in labelled_reads._records(folder / f"{kind}.bam")
    }
    assert [place[key] for key in golden] == [place[key] for key in by_key]
    assert sample != "ecoli_sim" or golden == list(by_key)  # few reads: no ties
    return [by_key[key] for key in golden]


def golden_md5(shared: Path, name: str) -> str:
    """From the list of the full files' digests."""
    protocol = shared / "reference/readseeker/protocol"
    for path in protocol.glob("*.md5"):
        for line in path.read_text().splitlines():
            digest, file = line.split()
            if file == name:
                return digest
    raise LookupError(name)


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def test_counts_are_those_of_the_original(run, chosen):
    expected = {  # *.dev.log and README of the golden files
        "ecoli_sim": [(4977, 37), (4977, 37), (4977, 37), (4866, 29), (29, 29)],
        "sars2_real": [(34809, 27), (34809, 27), (34809, 27), (34698, 27), (34698, 27)],
    }
    rows = [(a, b) for _, a, b in chosen[1].iter_rows()]
    assert rows == expected[run[1]]


def test_table_of_reads_is_the_same_file(run, in_golden_order, shared):
    reference, sample, folder, balanced = run
    path = folder / "dev.tsv"
    labelled_reads.write_dev_table(in_golden_order, path, reference, sample, balanced, "readseeker")
    assert md5(path) == golden_md5(shared, f"{sample}.dev.tsv")


@pytest.fixture(scope="module")
def named_reads(run, in_golden_order):
    """Names and lengths of the reads, whose FASTA is in the folder."""
    reference, sample, folder, balanced = run
    table = folder / "scored.tsv"
    labelled_reads.write_dev_table(
        in_golden_order, table, reference, sample, balanced, "readseeker"
    )
    return comparators.write_labelled_fasta(table, folder / "reads.fasta")


def test_fasta_is_the_same_file(run, named_reads, shared):
    _, sample, folder, _ = run
    assert md5(folder / "reads.fasta") == golden_md5(shared, f"{sample}_reads.fasta")


def test_scores_of_fraggenescan_are_the_same_file(run, named_reads, shared):
    reference, sample, folder, _ = run
    ffn, protocol = folder / "genes.ffn", shared / "reference/readseeker/protocol"
    if sample == "ecoli_sim":
        with gzip.open(protocol / "ecoli_sim_FragGeneScan.ffn.gz") as file:
            ffn.write_bytes(file.read())
    else:  # the .ffn does not exist: names of genes of as many bases as its evaluation says
        with gzip.open(protocol / f"{sample}_FragGeneScan_eval.tsv.gz", "rt") as file:
            rows = [line.split("\t") for line in file][1:]
        ffn.write_text("".join(f">{row[2]}_1_{row[3]}_+\nN\n" for row in rows if row[3] != "0"))
    scores = comparators.score_reads(named_reads, comparators.read_ffn(ffn), "readseeker")
    comparators.write_evaluation(scores, folder / "eval.tsv", reference, sample)
    assert md5(folder / "eval.tsv") == golden_md5(shared, f"{sample}_FragGeneScan_eval.tsv")


def test_by_default_the_header_has_all_names(run, chosen):
    reference, sample, folder, balanced = run
    labelled_reads.write_dev_table(chosen[0], folder / "right.tsv", reference, sample, balanced)
    header, first, *_ = (folder / "right.tsv").read_text().splitlines()
    assert header.split("\t") == list(labelled_reads.HEADER)
    assert len(first.split("\t")) == len(labelled_reads.HEADER)
