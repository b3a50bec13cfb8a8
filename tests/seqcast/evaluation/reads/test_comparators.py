"""Gene finders: what they wrote, how much of a read it covers, and real runs of them."""

import gzip
import random
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.programs import Cost
from seqcast.core.store import read_provenance
from seqcast.evaluation.metrics.binary import classification_metrics
from seqcast.evaluation.reads import comparators
from seqcast.evaluation.reads.comparators import (
    GENES,
    READS,
    SCORES,
    read_ffn,
    read_gene_bed,
    read_gff,
    run_fraggenescan,
    score_dataset,
    score_reads,
    write_evaluation,
    write_labelled_fasta,
)
from seqcast.evaluation.reads.labelled_reads import ChosenRead, write_dev_table
from seqcast.reads.dnabert import kmer_text
from seqcast.reads.outcomes import COLUMNS


def genes(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=GENES, orient="row")


def reads(**lengths: int) -> pl.DataFrame:
    return pl.DataFrame(list(lengths.items()), schema=READS, orient="row")


def covered(table: pl.DataFrame) -> list[int]:
    return table["coding_nt"].to_list()


def test_names_of_ffn_may_hold_underscores(tmp_path):
    (tmp_path / "g.ffn").write_text(">a_b:1_2-42-0-1_3_150_+\nACGT\nACGT\n>r_1_1_9_-\nAC\n")
    assert read_ffn(tmp_path / "g.ffn").rows() == [("a_b:1_2-42-0-1", 2, 150), ("r_1", 0, 9)]
    (tmp_path / "g.ffn").write_text("")
    assert read_ffn(tmp_path / "g.ffn").is_empty()
    (tmp_path / "g.ffn").write_text(">read\nACGT\n")
    with pytest.raises(InputError, match=r"g\.ffn: a gene has no read, start and end"):
        read_ffn(tmp_path / "g.ffn")


def test_gff_and_bed(tmp_path):
    (tmp_path / "g.gff").write_text(
        "##gff-version  3\n# Model\nr\tp\tCDS\t2\t235\t18.4\t+\t0\tID=1\nr\tp\ttRNA\t1\t9\t.\t+\t.\tx\n"
    )
    assert read_gff(tmp_path / "g.gff").rows() == [("r", 1, 235)]
    (tmp_path / "g.bed").write_text("# source=x\nr\t1\t235\tr_1\t1.34\t+\t.\n")
    assert read_gene_bed(tmp_path / "g.bed").rows() == [("r", 1, 235)]


def test_genes_of_a_read_are_joined_and_with_compat_the_last_one_counts():
    found = genes(("a", 0, 60), ("a", 50, 90), ("b", 5, 45), ("a", 95, 100))
    table = score_reads(reads(a=100, b=80, c=50), found)
    assert covered(table) == [95, 40, 0]
    assert table["label"].to_list() == ["coding", "coding", "non_coding"]  # half is enough
    assert table["p_coding"].to_list() == pytest.approx([0.95, 0.5, 0.0])
    assert table.schema == SCORES
    table = score_reads(reads(a=100, b=80, c=50), found, "readseeker")
    assert covered(table) == [5, 40, 0]
    assert table["label"].to_list() == ["non_coding", "coding", "non_coding"]


def test_the_union_counts_each_base_once():
    stream = random.Random(4)
    lengths = {f"r{i}": 100 for i in range(40)}
    rows = []
    for _ in range(150):
        start = stream.randrange(99)
        rows.append((stream.choice(list(lengths)), start, stream.randint(start + 1, 100)))
    expected = [
        len({x for name, start, end in rows if name == read for x in range(start, end)})
        for read in lengths
    ]
    assert covered(score_reads(reads(**lengths), genes(*rows))) == expected


def test_a_read_without_bases_is_not_scored():
    table = score_reads(reads(a=0, b=10), genes())
    assert table.row(0, named=True) == {
        "read": "a", "mate": 0, "length_nt": 0, "p_coding": None, "p_coding_sd": None,
        "label": None, "status": "no_sequence", "flags": "", "coding_nt": 0,
    }  # fmt: skip
    assert table["status"][1] == "scored"


@pytest.mark.parametrize(
    ("names", "found", "message"),
    [
        (reads(a=100), genes(("b", 0, 5)), "of the read b, which has no bases here"),
        (reads(a=100), genes(("a", 0, 101)), "lies at 0-101 of the read a, which has 100"),
        (reads(a=100), genes(("a", 5, 5)), "lies at 5-5"),
        (pl.concat([reads(a=9), reads(a=9)]), genes(), "the read a comes twice"),
    ],
)
def test_genes_of_other_reads_are_refused(names, found, message):
    with pytest.raises(InputError, match=message):
        score_reads(names, found)


def test_layout_of_the_original(tmp_path):
    found = genes(("x_1-42-0-1", 0, 94), ("y_2-42-0-0", 0, 20))
    table = score_reads(
        pl.DataFrame([("x_1-42-0-1", 150), ("y_2-42-0-0", 150)], schema=READS, orient="row"), found
    )
    write_evaluation(table, tmp_path / "e.tsv", "ref", "one")
    assert (tmp_path / "e.tsv").read_text().splitlines() == [
        "Reference\tSample\tName\tcdsbases\ttotallength\tfraction\tPredictedLabel\tLabel",
        "ref\tone\tx_1-42-0-1\t94\t150\t0.626667\t1\t1",
        "ref\tone\ty_2-42-0-0\t20\t150\t0.133333\t0\t0",
    ]


def test_fasta_of_labelled_reads(tmp_path):
    chosen = [ChosenRead("a_1", "ACGTACGT", 1, 42, 0), ChosenRead("b_2", "TTTTTTT", 0, 41, 1)]
    write_dev_table(chosen, tmp_path / "dev.tsv", "ref", "one")
    found = write_labelled_fasta(tmp_path / "dev.tsv", tmp_path / "r.fa")
    assert found.rows() == [("a_1-42-0-1", 8), ("b_2-41-1-0", 7)]
    assert (tmp_path / "r.fa").read_text() == ">a_1-42-0-1\nACGTACGT\n>b_2-41-1-0\nTTTTTTT\n"
    (tmp_path / "dev.tsv").write_text("sequence\tlabel\nACGTAC CGTACG\t1\n\t0\nAAAAAA\t0\n")
    found = write_labelled_fasta(tmp_path / "dev.tsv", tmp_path / "r.fa")
    assert found.rows() == [("r0-1", 7), ("r1-0", 0), ("r2-0", 6)]
    assert (tmp_path / "r.fa").read_text() == ">r0-1\nACGTACG\n>r2-0\nAAAAAA\n"


def test_fragments_of_e_coli_as_measured(shared, tmp_path):
    """Accuracy 0.742 with the last gene, 0.680 with the sum of all, which the union is next to."""
    protocol = shared / "reference/readseeker/protocol"
    (tmp_path / "g.ffn").write_bytes(
        gzip.decompress((protocol / "fragments_ecoli_FragGeneScan_illumina_5.ffn.gz").read_bytes())
    )
    path = shared / "data/reads/ecoli/fragments_300bp.tsv.gz"
    table = pl.read_csv(gzip.decompress(path.read_bytes()), separator="\t", infer_schema=False)
    lengths = table.select(length_nt=pl.col("sequence").str.len_chars().cast(pl.Int64))
    names = lengths.with_row_index("i").select(pl.format("r{}", "i").alias("read"), "length_nt")
    labels = table["label"].cast(pl.Int8)
    found = read_ffn(tmp_path / "g.ffn")
    for compat, accuracy in (("readseeker", 0.742), (None, 0.6795)):
        scores = score_reads(names, found, compat)
        metrics = classification_metrics(labels, scores["p_coding"], resamples=0)
        assert metrics["value"][0] == pytest.approx(accuracy, abs=0.0005)


@pytest.fixture
def labelled(tmp_path) -> Path:
    """A table of a coding read (a stretch of the lacZ gene) and of noise."""
    lacz = (
        "ATGACCATGATTACGGATTCACTGGCCGTCGTTTTACAACGTCGTGACTGGGAAAACCCTGGCGTTACCCAACTTAATCGCCTTGCAGCACATCCC"
        "CCTTTCGCCAGCTGGCGTAATAGCGAAGAGGCCCGCACCGATCGCCCTTCCCAACAGTTGCGCAGCCTGAATGGCGAATGGCGCTTTGCCTGGTTT"
    )
    noise = "TAACTAGCTAATTGACTAG" * 10
    rows = [f"{kmer_text(lacz)}\t1\n", f"{kmer_text(noise)}\t0\n"]
    (tmp_path / "dev.tsv").write_text("sequence\tlabel\n" + "".join(rows))
    return tmp_path / "dev.tsv"


@pytest.mark.parametrize("comparator", ["pyrodigal", "pyfgs", "fraggenescan"])
def test_the_programs_themselves(labelled, tmp_path, comparator):
    program = comparators.PROGRAM[comparator]
    beside = str(Path(sys.executable).parent / program)
    if shutil.which(program) is None and shutil.which(beside) is None:
        pytest.skip(f"{program} is not installed")
    found = score_dataset(comparator, labelled, tmp_path / "genes", tmp_path / "s.parquet")
    assert found["label"].to_list() == ["coding", "non_coding"]
    assert pl.read_parquet(tmp_path / "s.parquet").equals(found)
    facts = read_provenance(tmp_path / "s.parquet")
    assert facts["origin"] == "program"
    assert facts["reads"] == 2
    assert facts["wall_s"] > 0


def test_the_columns_are_those_of_models_and_the_provenance_has_the_code(
    labelled, tmp_path, monkeypatch
):
    def runner(fasta, genes, threads):
        Path(genes).write_text("r0-1\t0\t192\n")
        return Cost(2.0, 1.0)

    monkeypatch.setitem(comparators.RUNNERS, "pyfgs", runner)
    monkeypatch.setattr(comparators, "version", lambda name: "0.1")
    path = tmp_path / "s.parquet"
    score_dataset("pyfgs", labelled, tmp_path / "g.bed", path, facts={"code": "abc"})
    assert list(pl.read_parquet_schema(path))[:-1] == list(COLUMNS)
    facts = read_provenance(path)
    assert (facts["code"], facts["origin"], facts["wall_s"]) == ("abc", "program", 2.0)


FAKE = """#!{python}
import os, sys
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert options["-w"] == "0" and options["-t"] == "illumina_5" and options["-p"] == "3"
assert os.path.exists("train/illumina_5")  # it looks there from the folder it is started in
names = [line[1:].strip() for line in open(options["-s"]) if line.startswith(">")]
if names != ["quiet"]:
    open(options["-o"] + ".ffn", "w").write("".join(f">{{name}}_1_6_+\\nACGTAC\\n" for name in names))
"""


def test_fraggenescan_is_started_beside_its_training_files(tmp_path, monkeypatch):
    home = tmp_path / "share"
    (home / "train").mkdir(parents=True)
    (home / "FragGeneScan").write_text(FAKE.format(python=sys.executable))
    (home / "FragGeneScan").chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/FragGeneScan").symlink_to(home / "FragGeneScan")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path)
    Path("r.fa").write_text(">a\nACGTACGT\n")
    with pytest.raises(InputError, match="no train/illumina_5 next to it"):
        run_fraggenescan("r.fa", "g.ffn", 3)
    (home / "train/illumina_5").write_text("")
    run_fraggenescan("r.fa", "g.ffn", 3)
    assert read_ffn("g.ffn").rows() == [("a", 0, 6)]
    Path("r.fa").write_text(">quiet\nACGTACGT\n")
    run_fraggenescan("r.fa", "g.ffn", 3)
    assert Path("g.ffn").read_text() == ""  # no gene, no file


def test_a_missing_comparator_says_how_to_leave_it_out(labelled, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"FragGeneScan is not on .*read_benchmark\.comparators"):
        score_dataset("fraggenescan", labelled, tmp_path / "genes", tmp_path / "s.parquet")
    assert not (tmp_path / "s.parquet").exists()
