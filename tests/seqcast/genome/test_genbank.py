"""GenBank files: what is read of a record, and what is refused."""

import gzip
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.genome.genbank import GenbankRecord, compress_genome, is_genbank, read_genbank
from tests.seqcast.genbank_files import feature, random_sequence, record

BASES = random_sequence(950, 1)


def read(tmp_path: Path, text: str) -> list[GenbankRecord]:
    path = tmp_path / "made.gbk"
    path.write_text(text)
    return list(read_genbank(path))


def parts(tmp_path: Path, location: str, topology: str = "linear") -> list[tuple[int, int, int]]:
    (found,) = read(tmp_path, record("X_1.1", BASES, [location], topology=topology))
    return found.coding.select("start", "end", "strand").rows()


def test_record_in_full(tmp_path: Path) -> None:
    sequence = BASES[:400] + "NNRY" + BASES[404:]
    text = record("NC_1.2", sequence, [("10..90", "b1"), ("complement(100..200)", "b2")],
                  taxid=562, chromosome="X")  # fmt: skip
    (found,) = read(tmp_path, text)
    assert (found.name, found.sequence, found.taxid) == ("NC_1.2", sequence, 562)
    assert (found.organism, found.genetic_code, found.chromosome) == ("Made up", 11, "X")
    assert found.coding.rows() == [(9, 90, 1, "b1"), (99, 200, -1, "b2")]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("join(1..100,201..300)", [(0, 100, 1), (200, 300, 1)]),
        ("complement(join(1..100,201..300))", [(200, 300, -1), (0, 100, -1)]),
        ("join(complement(201..300),complement(1..100))", [(200, 300, -1), (0, 100, -1)]),
        ("order(1..10,21..30)", [(0, 10, 1), (20, 30, 1)]),
        ("<1..>300", [(0, 300, 1)]),
        ("(9.20)..(30.45)", [(8, 45, 1)]),
        ("7", [(6, 7, 1)]),
        ("7^8", []),
        ("join(AB012345.1:1..100,11..20)", [(10, 20, 1)]),
        ("join(X_1.1:1..100,111..120)", [(0, 100, 1), (110, 120, 1)]),
        ("join(" + ",".join(f"{i}..{i + 4}" for i in range(1, 900, 10)) + ")",
         [(i - 1, i + 4, 1) for i in range(1, 900, 10)]),
    ],
)  # fmt: skip
def test_parts_of_a_location(
    tmp_path: Path, location: str, expected: list[tuple[int, int, int]]
) -> None:
    # INSDC feature table, section 3.4: 1-based, both ends included
    assert parts(tmp_path, location) == expected


def test_over_the_origin(tmp_path: Path) -> None:
    expected = [(899, 950, 1), (0, 60, 1)]
    assert parts(tmp_path, "join(900..950,1..60)", "circular") == expected
    assert parts(tmp_path, "900..60", "circular") == expected  # as some programs write it


def test_pseudo_cds_count_and_other_features_do_not(tmp_path: Path) -> None:
    extra = feature("gene", "1..900", '/locus_tag="g"') + feature("rRNA", "5..500")
    pseudo = feature("CDS", "600..800", "/pseudo", '/codon_start="1"')
    (found,) = read(tmp_path, record("X_1.1", BASES, extra=extra + pseudo))
    assert found.coding.rows() == [(599, 800, 1, None)]
    assert found.genetic_code == 1  # of a CDS without /transl_table


def test_several_records_in_order_and_gzip(tmp_path: Path) -> None:
    text = record("A_1.1", BASES, taxid=None) + "\n" + record("B_1.1", BASES[:70], ["1..9"])
    path = tmp_path / "two.gbff.gz"
    path.write_bytes(gzip.compress(text.encode()))
    found = list(read_genbank(path))
    assert [(r.name, len(r.sequence), r.taxid, len(r.coding)) for r in found] == [
        ("A_1.1", 950, None, 0), ("B_1.1", 70, 1, 1)]  # fmt: skip
    assert [r.name for r in read(tmp_path, text)] == ["A_1.1", "B_1.1"]


def test_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "crlf.gbk"
    path.write_bytes(record("A_1.1", BASES, ["join(1..9,20..30)"]).replace("\n", "\r\n").encode())
    (found,) = read_genbank(path)
    assert (found.sequence, len(found.coding)) == (BASES, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no record; expected a GenBank file"),
        (">chr1\nACGT\n", "has no record; expected a GenBank file"),
        (record("A_1.1", BASES).replace(" bp ", " aa "), "expected LOCUS, a name and a length in bp"),
        (record("A_1.1", BASES).split("ORIGIN")[0] + "//\n", "record 1 is truncated or damaged"),
        (record("A_1.1", BASES).split("ORIGIN")[0] + "CONTIG      join(B:1..950)\n//\n",
         "record A_1.1 has no sequence .* gbwithparts"),
        (record("A_1.1", BASES).split("FEATURES")[0], "record 1 is truncated or damaged"),
        (record("A_1.1", BASES)[:900], "has 457 bases; expected 950"),
        (record("A_1.1", BASES) + record("B_1.1", BASES)[:250], "record 2 is truncated"),
        (record("A_1.1", BASES, ["900..960"]), "a CDS at 900..960; expected it inside the 950 bases"),
        (record("A_1.1", BASES, ["5..x"]), "a CDS at '5..x', which is no location"),
        (record("A_1.1", BASES, ["1..90,100..150"]), "a CDS at '1..90,100..150', which is no location"),
        (record("A_1.1", BASES[:-2] + "uq"), "A_1.1 holds characters that are not bases: 'u' .1., 'q' .1."),
        (record("A_1.1", BASES, ["900..100"]), "a CDS at '900..100', .*start before its end unless"),
        (record("A_1.1", BASES, ["complement(900..100)"]), "a CDS at 'complement.900..100.'"),
        (record("A_1.1", BASES, ["1..9"]).replace("=11", "=abc"),
         "record A_1.1 has a CDS with /transl_table=abc; expected the number of a genetic code"),
    ],
    ids=["empty", "fasta", "protein", "no origin", "contig", "header", "sequence", "second", "outside", "location", "no join", "letters", "turned", "turned complement", "code"],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize("taxon", ["x329726", "", "-1", "5 6"])
def test_a_taxon_that_is_no_number(tmp_path: Path, taxon: str) -> None:
    (found,) = read(tmp_path, record("A_1.1", BASES).replace("taxon:1", f"taxon:{taxon}"))
    assert found.taxid is None


def test_messages_are_short_lines(tmp_path: Path) -> None:
    location = record("A_1.1", BASES, ["5.." + "x" * 5_000])
    code = record("A_1.1", BASES, ["1..9"]).replace("=11", "=" + "z" * 5_000)
    for text in (location, code):
        with pytest.raises(InputError) as found:
            read(tmp_path, text)
        assert "\n" not in str(found.value)
        assert len(str(found.value)) < 700 + len(str(tmp_path))


def test_truncated_gzip_and_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "cut.gbff.gz"
    path.write_bytes(gzip.compress(record("A_1.1", BASES).encode())[:-200])
    with pytest.raises(
        InputError, match=r"cut\.gbff\.gz cannot be read to its end.*Download it again"
    ):
        list(read_genbank(path))
    with pytest.raises(InputError, match="does not exist; expected a GenBank file"):
        list(read_genbank(tmp_path / "absent.gbk"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [  # organism, code and taxid as the files state them; parts as counted in cds_merged's recipe
        ("ecoli/NC_000913.3.gbk.gz", ("NC_000913.3", 4_641_652, 511145, 11)),
        ("lambda/lambda.gbk.gz", ("NC_001416.1", 48_502, 10710, 11)),
        ("sars2/NC_045512.2.gbk.gz", ("NC_045512.2", 29_903, 2697049, 1)),
        ("spyogenes/Streptococcus_pyogenes_M1_GAS.gb.gz", ("NC_002737", 1_852_441, 160490, 11)),
    ],
)  # fmt: skip
def test_real_genomes(shared: Path, path: str, expected: tuple) -> None:
    (found,) = read_genbank(shared / "data/reads" / path)
    assert (found.name, len(found.sequence), found.taxid, found.genetic_code) == expected


@pytest.mark.parametrize("packed", [False, True])
def test_a_genome_is_compressed_from_either_format(tmp_path: Path, packed: bool) -> None:
    bases = random_sequence(150, 1)
    fasta = f">NC_1.1\n{bases[:60]}\n{bases[60:120]}\n{bases[120:]}\n".encode()
    for name, text in [("a.gbk", record("NC_1.1", bases, []).encode()), ("a.fa", fasta)]:
        source = tmp_path / name
        source.write_bytes(gzip.compress(text) if packed else text)
        assert is_genbank(source) == (name == "a.gbk")
        compress_genome(source, tmp_path / "out.fa.gz")
        assert gzip.decompress((tmp_path / "out.fa.gz").read_bytes()) == fasta


def test_a_damaged_file_is_told_by_its_reader(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"\x1f\x8b\x08\x00damage")
    assert not is_genbank(tmp_path / "a.gz")
    assert not is_genbank(tmp_path / "none.fa")
