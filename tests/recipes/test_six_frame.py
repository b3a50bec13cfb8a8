"""The recipe's genomes: its table, the readers of the packages' formats, and the files made."""

import ast
import gzip
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from recipes.six_frame import annotate, fetch, formats, packages, table
from recipes.six_frame.gene_files import facts_of, read_facts, write_genbank
from recipes.six_frame.table import Genome, Package
from seqcast.core.errors import InputError
from seqcast.genome.genbank import read_genbank
from tests.seqcast.genbank_files import feature, random_sequence, record

SDIST = Package("sdist", "made-up", "1.0")
GENOME = Genome("made", SDIST, ("data/made.gb",), "genbank", "annotated", "Made up", 11, "none",
                "train", "")  # fmt: skip


def coding(records: list) -> list[tuple[str, int, int, int]]:
    """Parts of the CDS features: record, start, end, strand."""
    return [
        (r.id, int(part.start), int(part.end), part.strand)
        for r in records for f in r.features if f.type == "CDS" for part in f.location.parts
    ]  # fmt: skip


# ---- the table


def test_table_is_whole():
    genomes = table.read_genomes()
    assert len(genomes) == 37
    assert len({genome.name for genome in genomes}) == 37
    assert {genome.format for genome in genomes} <= set(formats.READERS) == set(table.FORMATS)
    assert {genome.genetic_code for genome in genomes} == {1, 11}
    assert all(genome.organism and genome.species_group for genome in genomes)
    assert all(len(genome.content_sha256) == 64 for genome in genomes)


def test_table_needs_annotation_exactly_for_bare_sequences():
    for genome in table.read_genomes():
        assert (genome.format == "fasta") == genome.labels.startswith("pyrodigal"), genome.name
    assert set(annotate.MODES) == {x for x in table.LABELS if x.startswith("pyrodigal")}


def test_genomes_kept_for_tests_are_not_trained_on():
    trained = " ".join(genome.organism for genome in table.read_genomes() if genome.use != "no")
    for word in ["Acaryochloris", "tuberculosis", "Mycoplasma", "herpes", "SARS", "Streptococcus",
                 "Salmonella", "Klebsiella", "lambda"]:  # fmt: skip
        assert word not in trained


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("format", "embl", "format 'embl'; expected one of genbank, fasta"),
        ("archive", "rpm", "archive 'rpm'"),
        ("registry", "pypi", "registry 'pypi'; expected one of debian"),
        ("use", "maybe", "use 'maybe'"),
        ("file", "../x.gb", "paths? inside|path.s. inside"),
        ("file", "a,b", "expected 1 comma-separated path"),
    ],
)
def test_bad_cells_are_named(tmp_path, column, value, message):
    head, row = [line.split("\t") for line in table.TABLE.read_text().splitlines()[:2]]
    row[head.index(column)] = value
    (tmp_path / "g.tsv").write_text("\t".join(head) + "\n" + "\t".join(row) + "\n")
    with pytest.raises(InputError, match=message):
        table.read_genomes(tmp_path / "g.tsv")


def test_a_name_twice_is_refused(tmp_path):
    head, row = table.TABLE.read_text().splitlines()[:2]
    (tmp_path / "g.tsv").write_text(f"{head}\n{row}\n{row}\n")
    with pytest.raises(InputError, match="nc_001823_mito twice"):
        table.read_genomes(tmp_path / "g.tsv")


# ---- readers


def test_genbank_keeps_joins_and_leaves_out_pseudo(tmp_path):
    extra = feature("CDS", "10..30", "/pseudo") + feature("CDS", "40..60", '/pseudogene="unknown"')
    extra += feature("gene", "1..5")
    text = record("X1.2", random_sequence(200, 1),
                  ["join(1..9,20..30)", "complement(join(50..60,70..79))"], extra=extra)  # fmt: skip
    (tmp_path / "a.gbk.gz").write_bytes(gzip.compress(text.encode()))
    records = formats.read_records("genbank", [tmp_path / "a.gbk.gz"])
    assert coding(records) == [
        ("X1.2", 0, 9, 1),
        ("X1.2", 19, 30, 1),
        ("X1.2", 69, 79, -1),
        ("X1.2", 49, 60, -1),
    ]


def test_fasta_names_are_accessions(tmp_path):
    (tmp_path / "a.fna").write_text(">gi|208433976|ref|NC_1.1| Made up\nACgt\n>c2 x\nAC\n")
    (tmp_path / "b.x.fna").write_text("> no name\nAC\n")
    records = formats.read_records("fasta", [tmp_path / "a.fna"])
    assert [(r.id, str(r.seq)) for r in records] == [("NC_1.1", "ACgt"), ("c2", "AC")]
    assert formats.read_records("fasta", [tmp_path / "b.x.fna"])[0].id == "b"


GFF = """##gff-version 3
s1\tX\tCDS\t1\t9\t.\t+\t0\tID=a;transl_table=4;locus_tag=T1
s1\tX\ttRNA\t3\t9\t.\t+\t0\tID=t
s1\tX\tCDS\t11\t13\t.\t-\t0\tID=b;partial=01
s1\tX\tCDS\t15\t20\t.\t-\t0\tID=b;partial=01
s1\tX\tCDS\t11\t13\t.\t-\t0\tID=c;pseudo=true
##FASTA
>s1 made up
ACGTACGTAC
GTACGTACGT
"""


def test_gff_with_sequences(tmp_path):
    (tmp_path / "a.gff").write_text(GFF)
    records = formats.read_records("gff", [tmp_path / "a.gff"])
    assert str(records[0].seq) == "ACGT" * 5
    assert coding(records) == [("s1", 0, 9, 1), ("s1", 14, 20, -1), ("s1", 10, 13, -1)]
    first, second = records[0].features
    assert first.qualifiers == {"locus_tag": ["T1"], "transl_table": ["4"]}
    assert second.qualifiers == {"locus_tag": ["b"]}
    assert str(second.location.parts[0].end) == ">20"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GFF.replace("##FASTA", "##X"), "no line ##FASTA"),
        (GFF.replace(">s1", ">s2"), "features on s1"),
        (GFF.replace("\t20\t", "\t21\t"), "inside of its 20 bases"),
        (GFF.replace("\t1\t9\t.\t+", "\tone\t9\t.\t+"), "cannot be read .*'one'"),
    ],
)
def test_bad_gff_is_refused(tmp_path, text, message):
    (tmp_path / "a.gff").write_text(text)
    with pytest.raises(InputError, match=message):
        formats.read_records("gff", [tmp_path / "a.gff"])


def test_cgview_maps(tmp_path):
    def cds(start, stop, strand=1, source="genbank-features", **meta):
        return {
            "type": "CDS",
            "start": start,
            "stop": stop,
            "strand": strand,
            "source": source,
            "contig": "c",
            "meta": meta,
        }

    view = {"cgview": {
        "sequence": {"contigs": [{"name": "c", "seq": "ACGT" * 5}]},
        "features": [cds(1, 9, locus_tag="A"), cds(10, 18, -1), cds(1, 10), cds(18, 2), cds(1, 6, pseudo=""),
                     cds(1, 6, source="gff_1"), {**cds(1, 3), "type": "tRNA"}],
    }}  # fmt: skip
    (tmp_path / "a.js").write_text(f"json = {json.dumps(view)};\n")
    records = formats.read_records("cgview", [tmp_path / "a.js"])
    assert coding(records) == [("c", 0, 9, 1), ("c", 9, 18, -1)]
    assert records[0].features[0].qualifiers == {"locus_tag": ["A"]}


def test_prot_tables(tmp_path):
    (tmp_path / "strain.fna").write_text("> majority sequence\n" + "ACGT" * 25 + "\n")
    rows = [
        ("DNA-directed RNA polymerase ", 1, 12, "+", 3), ("leucyl-tRNA synthetase", 40, 20, "-", 6),
        ("shifted", 1, 13, "+", 3), ("no length", 1, 12, "+", "-"), ("tRNA-Leu", 1, 12, "+", 3),
        ("16S rRNA ", 1, 12, "+", 3), ("Start", "x", 12, "+", 3),
    ]  # fmt: skip
    text = "".join(
        "\t".join(map(str, [*row, 0, 0, "-", f"L{i}"])) + "\n" for i, row in enumerate(rows)
    )
    (tmp_path / "strain.prot_table").write_text(text)
    records = formats.read_records(
        "prot_table", [tmp_path / "strain.fna", tmp_path / "strain.prot_table"]
    )
    assert coding(records) == [("strain", 0, 12, 1), ("strain", 19, 40, -1), ("strain", 0, 13, 1)]
    assert [f.qualifiers["locus_tag"] for f in records[0].features] == [["L0"], ["L1"], ["L2"]]


@pytest.mark.parametrize("kind", ["genbank", "fasta", "cgview"])
def test_files_of_another_format_are_refused(tmp_path, kind):
    (tmp_path / "a").write_text("# not a genome\n")
    with pytest.raises(InputError, match=r"(no sequence|cannot be read)"):
        formats.read_records(kind, [tmp_path / "a"])


# ---- files made


def made_up_genbank() -> str:
    location = "join(91..100,1..20)"  # over the origin
    return record("ABCDEFGHIJKLMNOPQRSTU.1", random_sequence(100, 2), [location, "complement(<30..>41)"],
                  topology="circular", taxid=7)  # fmt: skip


def test_genbank_files_are_the_same_each_time_and_readable(tmp_path):
    (tmp_path / "a.gb").write_text(made_up_genbank())
    records = formats.read_records("genbank", [tmp_path / "a.gb"])
    for name in ["1.gb.gz", "2.gb.gz"]:
        write_genbank(records, replace(GENOME, organism="Another name"), tmp_path / name)
    assert (tmp_path / "1.gb.gz").read_bytes() == (tmp_path / "2.gb.gz").read_bytes()
    (got,) = read_genbank(tmp_path / "1.gb.gz")
    (first,) = read_genbank(tmp_path / "a.gb")
    assert got.sequence == first.sequence
    assert got.coding.equals(first.coding)
    assert (got.name, got.organism, got.taxid, got.genetic_code) == (
        first.name,
        "Another name",
        7,
        11,
    )


def test_missing_translation_tables_come_from_the_table(tmp_path):
    (tmp_path / "a.gb").write_text(made_up_genbank().replace("/transl_table=11\n", "/note=1\n"))
    records = formats.read_records("genbank", [tmp_path / "a.gb"])
    write_genbank(records, replace(GENOME, genetic_code=4), tmp_path / "b.gb.gz")
    assert [r.genetic_code for r in read_genbank(tmp_path / "b.gb.gz")] == [4]


def test_facts(tmp_path):
    (tmp_path / "a.gb").write_text(made_up_genbank())
    records = formats.read_records("genbank", [tmp_path / "a.gb"])
    write_genbank(records, GENOME, tmp_path / "made.gb.gz")
    facts = facts_of(GENOME, tmp_path / "made.gb.gz")
    sequence = random_sequence(100, 2)
    assert (facts.records, facts.length_bp, facts.cds) == (1, 100, 2)
    assert facts.gc == (sequence.count("G") + sequence.count("C")) / 100
    assert facts.coding_share == (10 + 20 + 12) / 100  # 91..100, 1..20, 30..41


def test_pyrodigal_is_run_as_a_program_and_never_imported(monkeypatch, tmp_path):
    commands = []

    def pretend(command, remedy):
        commands.append(command)
        assert Path(command[6]).read_text().startswith(">s1")
        Path(command[command.index("-o") + 1]).write_text(GFF.partition("##FASTA")[0])

    monkeypatch.setattr(annotate, "run", pretend)
    (tmp_path / "a.fna").write_text(">s1\n" + "ACGT" * 5 + "\n>s2\nACGT\n")
    records = formats.read_records("fasta", [tmp_path / "a.fna"])
    annotate.annotate(records, "pyrodigal", 4)
    assert commands[0][:5] == ["pyrodigal", "-p", "single", "-g", "4"]
    assert [len(r.features) for r in records] == [2, 0]
    for path in table.TABLE.parent.glob("*.py"):
        imported = {
            n.names[0].name
            for n in ast.walk(ast.parse(path.read_text()))
            if isinstance(n, ast.Import)
        }
        assert "pyrodigal" not in imported


# ---- packages


def sdist(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as out:
        for name, text in files.items():
            info = tarfile.TarInfo(f"made_up-1.0/{name}")
            info.size = len(text)
            out.addfile(info, io.BytesIO(text.encode()))
    return path


def kept(folder: Path) -> Path:
    """Where the package is kept."""
    place = folder / "packages/sdist-made-up-1.0"
    place.mkdir(parents=True)
    return place


def test_files_are_taken_out_of_packages(tmp_path):
    archive = sdist(tmp_path / "made_up-1.0.tar.gz", {"data/a": "x", "b": "y"})
    packages.take(archive, SDIST, ["data/a"], tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "w.whl", "w") as out:
        out.writestr("data/a", "x")
    packages.take(tmp_path / "w.whl", Package("wheel", "w", "1"), ["data/a"], tmp_path / "out2")
    for folder in ["out", "out2"]:
        assert [p.read_text() for p in (tmp_path / folder).rglob("*") if p.is_file()] == ["x"]


def test_missing_files_and_damaged_packages_are_named(tmp_path):
    archive = sdist(tmp_path / "made_up-1.0.tar.gz", {"data/a": "x"})
    with pytest.raises(InputError, match=r"made-up 1.0 \(sdist\) has no file data/c"):
        packages.take(archive, SDIST, ["data/c"], tmp_path / "out")
    archive.write_bytes(archive.read_bytes()[:40])
    with pytest.raises(InputError, match="cannot be unpacked"):
        packages.take(archive, SDIST, ["data/a"], tmp_path / "out")


def test_without_apt_the_user_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"apt-get is not on the PATH.*--only"):
        packages.download(Package("deb", "made-up", "1:1.0-1"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_version_that_is_gone_is_named(tmp_path, monkeypatch):
    def refuse(command, **options):
        assert command[1:4] == ["-m", "pip", "download"]
        return subprocess.CompletedProcess(command, 1, "ERROR: No matching distribution found\n")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(
        InputError, match=r"No matching distribution found.*made-up 1.0 \(sdist\) is still"
    ):
        packages.download(SDIST, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_missing_programs_are_named():
    with pytest.raises(InputError, match=r"no_such_program is not on the PATH.*install it"):
        packages.run(["no_such_program"], "install it")
    with pytest.raises(InputError, match="status 3 and said: oh"):
        packages.run([sys.executable, "-c", "print('oh'); raise SystemExit(3)"], "mend it")


# ---- the command


@pytest.fixture
def one_genome(monkeypatch):
    monkeypatch.setattr(fetch, "read_genomes", lambda: [GENOME])


def test_a_run_can_be_repeated(tmp_path, one_genome):
    sdist(kept(tmp_path) / "made_up-1.0.tar.gz", {"data/made.gb": made_up_genbank()})
    assert fetch.main([str(tmp_path)]) == 0
    facts, made = (tmp_path / "facts.tsv").read_text(), (tmp_path / "made.gb.gz").stat()
    (tmp_path / "packages/sdist-made-up-1.0/made_up-1.0.tar.gz").unlink()  # not needed any more
    assert fetch.main([str(tmp_path), "--only", "made"]) == 0
    assert (tmp_path / "facts.tsv").read_text() == facts
    assert (tmp_path / "made.gb.gz").stat().st_mtime_ns == made.st_mtime_ns
    assert read_facts(tmp_path / "facts.tsv")["made"].cds == 2
    assert {p.name for p in tmp_path.iterdir()} == {"facts.tsv", "made.gb.gz", "packages"}


def test_other_content_than_the_tables_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fetch, "read_genomes", lambda: [replace(GENOME, content_sha256="0" * 64)])
    sdist(kept(tmp_path) / "made_up-1.0.tar.gz", {"data/made.gb": made_up_genbank()})
    assert fetch.main([str(tmp_path)]) == 2
    assert "error: made in" in capsys.readouterr().err


def test_one_package_that_fails_does_not_stop_the_others(tmp_path, monkeypatch, capsys):
    other = replace(GENOME, name="gone", package=Package("sdist", "gone", "1"))
    monkeypatch.setattr(fetch, "read_genomes", lambda: [other, GENOME])
    (tmp_path / "packages/sdist-gone-1").mkdir(parents=True)
    sdist(kept(tmp_path) / "made_up-1.0.tar.gz", {"data/made.gb": made_up_genbank()})
    assert fetch.main([str(tmp_path)]) == 2
    assert "1 package(s) failed" in capsys.readouterr().err
    assert list(read_facts(tmp_path / "facts.tsv")) == ["made"]


def test_unknown_names_are_refused(tmp_path, one_genome, capsys):
    assert fetch.main([str(tmp_path / "new"), "--only", "maid"]) == 2
    assert "--only names maid; expected names of genomes.tsv: made." in capsys.readouterr().err
