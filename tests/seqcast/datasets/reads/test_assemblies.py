"""Which assemblies are taken, and what is refused."""

from pathlib import Path

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.reads.assemblies import (
    Selection,
    read_assemblies,
    select_assemblies,
    shard_of,
    stable_hash,
    write_assemblies,
)
from tests.seqcast.genbank_files import genome, summary

FTP = "https://ftp.ncbi.nlm.nih.gov/genomes/all/GCF/000/005/845/GCF_000005845.2_ASM584v2"
ROWS: list[dict[str, object]] = [
    {"assembly_accession": "GCF_000005845.2", "taxid": 511145, "species_taxid": 562,
     "refseq_category": "reference genome", "ftp_path": FTP},
    {"assembly_accession": "GCF_2.1", "ftp_path": "https://x/GCF_2.1_b", "genome_rep": "Partial"},
    {"assembly_accession": "GCF_3.1", "ftp_path": "https://x/GCF_3.1_c", "assembly_level": "Contig"},
    {"assembly_accession": "GCF_4.1", "ftp_path": "na"},
    {"assembly_accession": "GCF_5.1", "ftp_path": "https://x/GCF_5.1_e/"},
    {"assembly_accession": "GCF_6.1", "ftp_path": "https://x/GCF_6.1_f"},
]  # fmt: skip
ORIGINAL = Selection("Complete Genome", "Full")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "assembly_summary.txt"
    path.write_text(summary(ROWS))
    return path


def statuses(table: pl.DataFrame) -> dict[str, str]:
    return dict(table.select("assembly", "status").iter_rows())


def test_filters_of_the_original(path: Path) -> None:
    table = select_assemblies([path], ORIGINAL, 1)
    assert statuses(table) == {
        "GCF_000005845.2": "selected",
        "GCF_2.1": "other_genome_rep",
        "GCF_3.1": "other_assembly_level",
        "GCF_4.1": "no_ftp_path",
        "GCF_5.1": "selected",
        "GCF_6.1": "selected",
    }
    name = "GCF_000005845.2_ASM584v2_genomic.gbff.gz"
    assert table.row(0, named=True) == {
        "assembly": "GCF_000005845.2", "organism": "Made up", "taxid": 511145,
        "species_taxid": 562, "source": f"{FTP}/{name}", "checksums": f"{FTP}/md5checksums.txt",
        "status": "selected",
    }  # fmt: skip
    assert table["source"][4] == "https://x/GCF_5.1_e/GCF_5.1_e_genomic.gbff.gz"


def test_category_and_accessions(path: Path) -> None:
    found = statuses(select_assemblies([path], Selection(refseq_category="reference genome"), 1))
    assert [name for name, status in found.items() if status == "selected"] == ["GCF_000005845.2"]
    table = select_assemblies(
        [path], Selection("Complete Genome", accessions=("GCF_5", "GCF_6.1")), 1
    )
    found = statuses(table)
    assert [name for name, status in found.items() if status == "selected"] == [
        "GCF_5.1",
        "GCF_6.1",
    ]
    assert found["GCF_000005845.2"] == "not_asked_for"
    assert found["GCF_3.1"] == "other_assembly_level"


def test_the_seed_chooses_whatever_the_order(path: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.txt"
    turned.write_text(summary(ROWS[::-1]))
    few = Selection("Complete Genome", "Full", max_assemblies=1)
    chosen = set()
    for seed in range(12):
        table = select_assemblies([path], few, seed)
        assert table.equals(select_assemblies([turned], few, seed))
        chosen |= set(table.filter(status="selected")["assembly"])
    assert chosen == {"GCF_000005845.2", "GCF_5.1", "GCF_6.1"}
    assert stable_hash(1, "a", "b") != stable_hash(1, "ab")


def test_genbank_files_are_assemblies(tmp_path: Path) -> None:
    for name in ("GCF_000005845.2_ASM584v2_genomic.gbff.gz", "phage.gbk"):
        (tmp_path / name).write_text(genome("X.1", 1))
    paths = sorted(tmp_path.iterdir())
    table = select_assemblies(paths, ORIGINAL, 1)
    assert statuses(table) == {"GCF_000005845.2": "selected", "phage": "selected"}
    assert table["source"].to_list() == [str(path) for path in paths]


def test_write_read_and_shards(path: Path, tmp_path: Path) -> None:
    table = select_assemblies([path], ORIGINAL, 1)
    write_assemblies(table, tmp_path / "t.tsv")
    assert read_assemblies(tmp_path / "t.tsv").equals(table)
    shards = [shard_of(table, shard, 2) for shard in range(2)]
    assert [len(shard) for shard in shards] == [1, 2]
    assert pl.concat(shards).equals(table.filter(status="selected"))


def test_old_header_with_a_space(path: Path) -> None:
    path.write_text(path.read_text().replace("#assembly_accession", "# assembly_accession"))
    assert len(select_assemblies([path], ORIGINAL, 1)) == len(ROWS)


@pytest.mark.parametrize(
    ("edit", "selection", "message"),
    [
        (lambda text: text.replace("ftp_path", "path"), ORIGINAL, "lacks the columns ftp_path"),
        (lambda text: text[:-12], ORIGINAL, r"a row of 9 columns \(GCF_6.1\); expected the 10"),
        (lambda text: "<html>", ORIGINAL, "begins with b'<html>'; expected NCBI's"),
        (lambda text: "", ORIGINAL, "begins with b''"),
        (lambda text: text.replace("GCF_6.1\t", "GCF_5.1\t"), ORIGINAL, "GCF_5.1 comes twice"),
        (lambda text: text, Selection(accessions=("GCF_7.1",)), "accession GCF_7.1 .* is in no source"),
        (lambda text: text, Selection("Chromosome"), "no assembly of .* fits: 1 no_ftp_path, 5 other_assembly_level"),
        (lambda text: "".join(text.splitlines(True)[:2]), ORIGINAL, "no assembly of .* fits: none"),
    ],
)  # fmt: skip
def test_what_is_refused(path: Path, edit, selection: Selection, message: str) -> None:
    path.write_text(edit(path.read_text()))
    with pytest.raises(InputError, match=message):
        select_assemblies([path], selection, 1)


def test_missing_source(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; expected an assembly summary"):
        select_assemblies([tmp_path / "absent"], ORIGINAL, 1)
