"""Every sequence of a file leaves a row: its letters and CDS, or the reason why it has none."""

from pathlib import Path

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.transcripts.given import read_sequences
from seqcast.transcripts.marks import mark_codons
from seqcast.transcripts.records import COLUMNS

ORF = "AUGGCUAAAUGA"


def table(folder: Path, text: str, cds: str = "") -> pl.DataFrame:
    path = folder / "given.tsv"
    path.write_text(text)
    return read_sequences(path, cds)


def one(folder: Path, sequence: str, cds: str = "", ends: str = "") -> dict:
    """The row of a sequence that stands before a good one."""
    header, cells = ("id\tseq", f"a\t{sequence}") if not ends else (
        "id\tseq\tcds_start\tcds_end", f"a\t{sequence}\t{ends}"
    )  # fmt: skip
    good = "b\tACG" + ("\t0\t3" if ends else "")
    found = table(folder, f"{header}\n{cells}\n{good}\n", cds)
    assert found.height == 2
    return found.row(0, named=True)


@pytest.mark.parametrize(
    ("sequence", "read", "status", "flags", "problem"),
    [
        ("acgtN", "ACGUN", "valid", "unknown_bases,no_cds", None),
        ("AUGT", "AUGU", "valid", "t_and_u,no_cds", None),
        (" AUG ", "AUG", "valid", "no_cds", None),
        ("NA", None, "no_sequence", "", None),
        ("", None, "no_sequence", "", None),
        ("ACrUG", None, "iupac_code", "", "'R' at 2"),
        ("ACG-UG", None, "other_letter", "", "'-' at 3"),
        ("ACG UG", None, "other_letter", "", "' ' at 3"),
        ("ACGUG*", None, "other_letter", "", "'*' at 5"),
        ("ACGX", None, "other_letter", "", "'X' at 3"),
        ("EACRUG", None, "iupac_code", "", "'R' at 3"),  # the place is that in the file
    ],
)
def test_letters(
    tmp_path: Path, sequence: str, read: str | None, status: str, flags: str, problem: str | None
) -> None:
    row = one(tmp_path, sequence)
    letters = "" if status == "no_sequence" else sequence.strip().replace("E", "")
    assert row["length_nt"] == len(letters)
    found = {name: row[name] for name in ("sequence", "status", "flags", "problem")}
    assert found == {"sequence": read, "status": status, "flags": flags, "problem": problem}


@pytest.mark.parametrize(
    ("sequence", "cds", "ends", "found", "flags"),
    [
        (ORF, "whole", "", (0, 12), ""),
        (ORF, "none", "", (None, None), ""),
        (ORF, "none", "0\t12", (None, None), ""),
        (ORF, "whole", "3\t6", (0, 12), ""),
        (ORF[:-1], "whole", "", (None, None), "cds_out_of_phase"),
        (ORF + ORF, "whole", "", (0, 24), "stop_inside_cds"),
        (ORF[3:], "whole", "", (0, 9), "no_start_codon"),
        (ORF[:-3], "whole", "", (0, 9), "no_stop_codon"),
        ("CC" + ORF + "G", "", "2\t14", (2, 14), ""),
        ("CC" + ORF + "G", "", "2.0\t14", (2, 14), ""),
        ("CC" + ORF + "G", "", "2\t13", (None, None), "cds_out_of_phase"),
        (ORF, "", "0\t15", (None, None), "cds_out_of_range"),
        (ORF, "", "-3\t12", (None, None), "cds_out_of_range"),
        (ORF, "", "6\t6", (None, None), "cds_out_of_range"),
        (ORF, "", "6\t", (None, None), "cds_out_of_range"),
        (ORF, "", "x\t6", (None, None), "cds_out_of_range"),
        (ORF, "", "0.5\t6", (None, None), "cds_out_of_range"),
        (ORF, "", "\t", (None, None), "no_cds"),
    ],
)
def test_cds(tmp_path: Path, sequence: str, cds: str, ends: str, found: tuple, flags: str) -> None:
    row = one(tmp_path, sequence, cds, ends)
    assert (row["sequence"], row["status"]) == (sequence, "valid")
    assert (row["cds_start"], row["cds_end"], row["flags"]) == (*found, flags)
    dropped = flags in ("cds_out_of_phase", "cds_out_of_range")
    assert (row["problem"] is not None) == dropped


@pytest.mark.parametrize(
    ("text", "cds", "ends", "status", "found", "flags"),
    [
        ("CCEAUGEGCUG", "", "", "valid", (2, 8), "codon_marks_given,no_stop_codon"),
        ("cceatgetgag", "", "", "valid", (2, 8), "codon_marks_given"),
        ("CCEAUGEUGAG", "", "2\t8", "valid", (2, 8), "codon_marks_given"),
        ("EAUGEUGA", "whole", "", "valid", (0, 6), "codon_marks_given"),
        ("EAUGEUGA", "none", "", "valid", (None, None), "codon_marks_given"),
        ("CCEAUGEUGAG", "", "0\t6", "codon_marks_misplaced", (None, None), "codon_marks_given"),
        ("CEAUGEUGA", "whole", "", "codon_marks_misplaced", (None, None), "codon_marks_given"),
        ("AUGEUGAUE", "", "", "codon_marks_misplaced", (None, None), ""),
        ("EAUGUGAEAUG", "none", "", "codon_marks_misplaced", (None, None), ""),
    ],
)
def test_codon_marks_in_the_input(
    tmp_path: Path, text: str, cds: str, ends: str, status: str, found: tuple, flags: str
) -> None:
    row = one(tmp_path, text, cds, ends)
    assert (row["status"], row["flags"]) == (status, flags)
    assert (row["cds_start"], row["cds_end"]) == found
    assert (row["problem"] is None) == (status == "valid")
    plain = text.upper().replace("E", "").replace("T", "U")
    assert (row["sequence"], row["length_nt"]) == (plain if status == "valid" else None, len(plain))
    if found != (None, None):
        assert mark_codons(plain, *found) == text.upper().replace("T", "U")


def test_a_cds_in_text_is_that_of_the_marks(tmp_path: Path) -> None:
    found = table(tmp_path, "id\tseq\tcds_start\tcds_end\na\tCEAUGEUGA\t1\t7.0\nb\tAUG\tx\t7\n")
    assert found["status"].to_list() == ["valid", "valid"]
    assert found.select("cds_start", "cds_end").rows() == [(1, 7), (None, None)]


def test_capitals_of_the_columns_of_a_cds_do_not_count(tmp_path: Path) -> None:
    found = table(tmp_path, f"seq\tCDS_Start\tcds_END\nCC{ORF}\t2\t14\n")
    assert found.select("cds_start", "cds_end").rows() == [(2, 14)]
    assert found.columns == list(COLUMNS)
    ignored = table(tmp_path, f"seq\tCDS_Start\nCC{ORF}\t2\n", "none")
    assert ignored["CDS_Start"].to_list() == [2]


def test_a_gene_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"seq": ["ACG"], "gene_id": [["G1"]]}).write_parquet(path)
    with pytest.raises(InputError, match="column gene_id is of type List"):
        read_sequences(path)


def test_ids_are_text_as_they_stand(tmp_path: Path) -> None:
    found = table(tmp_path, "id,seq,gene_id\n1.10,ACG,7\n1.1,UGA,1.5\n1e3,AUG,8\n")
    assert found.select("id", "gene_id").rows() == [("1.10", "7"), ("1.1", "1.5"), ("1e3", "8")]
    assert found["flags"].to_list() == ["no_cds"] * 3  # no duplicate_id


def test_ids_and_further_columns(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        "name\tsequence\tgene_id\tstatus\tValue\tcds_start\tcds_end\n"
        f"a\t{ORF}\tG1\tgood\t1.5\t0\t12\n\tACG\tG1\tbad\t2\t\t\na\tACX\t\tbad\t\t\t\n",
    )
    assert found.columns == [*COLUMNS, "status_given", "Value"]
    assert found.schema | COLUMNS == found.schema
    assert found.select("row", "id", "gene_id", "flags", "status_given", "Value").rows() == [
        (0, "a", "G1", "duplicate_id", "good", 1.5),
        (1, "row1", "G1", "unnamed,no_cds", "bad", 2.0),
        (2, "a", None, "duplicate_id", "bad", None),
    ]
    assert found["exon_starts"].to_list() == [None] * 3
    ignored = table(tmp_path, f"seq\tcds_start\n{ORF}\tx\n", "whole")
    assert ignored.row(0, named=True)["cds_start_given"] == "x"
    assert ignored["id"].to_list() == ["row0"]
    assert ignored["flags"].to_list() == ["unnamed"]


@pytest.mark.parametrize(
    ("text", "cds", "message"),
    [
        ("id\tseq\na\tMKTAYIAKQRQ\nb\tMSLLP\n", "", r"no sequence that can be used \(2 rows.*'MKTAYIAKQRQ'.*2 other_letter.*look like proteins"),
        ("id\tseq\na\tACRG\nb\t\n", "", r"1 iupac_code: holds an IUPAC code.*1 no_sequence.*\. Give nucleotides"),
        ("id\tcds\na\t0-6\n", "", "Where a CDS lies is said by columns cds_start and cds_end"),
        ("seq\tcds_start\nAUG\t0\n", "", "column cds_start without the other one"),
        ("seq\nAUG\n", "all", "cds is 'all'; expected whole, none"),
    ],
)  # fmt: skip
def test_files_that_are_refused(tmp_path: Path, text: str, cds: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        table(tmp_path, text, cds)


def test_look_alike_of_a_benchmark(tmp_path: Path) -> None:
    """The layout of the CodonBERT sets: Sequence, Value, Dataset, Split; and MLOS: CDS, Value."""
    (tmp_path / "a.csv").write_text(
        f"Sequence,Value,Dataset,Split\n{ORF},10.2,mRFP,train\n{ORF},9,mRFP,val\n"
    )
    found = read_sequences(tmp_path / "a.csv", "whole")
    assert found.columns == [*COLUMNS, "Value", "Dataset", "Split"]
    assert found["Value"].to_list() == [10.2, 9.0]
    (tmp_path / "b.csv").write_text(f"CDS,Value\n{ORF},1\n")
    assert read_sequences(tmp_path / "b.csv", "whole")["cds_end"].to_list() == [12]


def of_tracks(folder: Path, *tracks: object, **columns: list) -> pl.DataFrame:
    """Sequences of CC, `ORF`, G with a track each, as mRNABench's files have them."""
    rows = len(tracks)
    letters = {"id": [f"t{i}" for i in range(rows)], "sequence": [f"CC{ORF}G"] * rows}
    given = {**letters, "cds": list(tracks), "splice": [[0] * 15] * rows}
    pl.DataFrame({**given, **columns}, strict=False).write_parquet(folder / "given.parquet")
    return read_sequences(folder / "given.parquet")


CODONS = [0, 0, *([1, 0, 0] * 4), 0]


@pytest.mark.parametrize(
    ("track", "found", "flags", "problem"),
    [
        (CODONS, (2, 14), "", None),
        ([0] * 15, (None, None), "no_cds", None),
        (None, (None, None), "no_cds", None),
        (CODONS[:11] + [0] * 4, (2, 11), "no_stop_codon", None),
        (CODONS[:-1], (None, None), "cds_track_broken", "track cds: 14 values for 15 nt"),
        ([2 * v for v in CODONS], (None, None), "cds_track_broken",
         "track cds: value 2 at 2, neither 0 nor 1"),
        ([*CODONS[:-1], None], (None, None), "cds_track_broken",
         "track cds: value nan at 14, neither 0 nor 1"),
        ([0, 0, *([1] * 12), 0], (None, None), "cds_track_broken",
         "track cds: codons begin at 2 and 3, not 3 apart"),
        ([0] * 13 + [1, 0], (None, None), "cds_track_broken",
         "track cds: the codon at 13 ends beyond 15 nt"),
    ],
)  # fmt: skip
def test_a_track_of_first_codon_bases_says_where_the_cds_is(
    tmp_path: Path, track: object, found: tuple, flags: str, problem: str | None
) -> None:
    row = of_tracks(tmp_path, track, CODONS).row(0, named=True)
    assert row["status"] == "valid"
    assert (row["cds_start"], row["cds_end"]) == found
    assert (row["flags"], row["problem"]) == (flags, problem)


def test_tracks_are_lists_arrays_or_text_and_are_not_copied(tmp_path: Path) -> None:
    found = of_tracks(tmp_path, CODONS, gene=["A"], target=[0.5])
    assert found.columns == [*COLUMNS, "gene", "target"]
    assert found["gene_name"].to_list() == ["A"]
    pl.DataFrame(
        {"id": ["a"], "sequence": [f"CC{ORF}G"], "cds": [CODONS]},
        schema_overrides={"cds": pl.Array(pl.Int8, 15)},
    ).write_parquet(tmp_path / "array.parquet")
    of_array = read_sequences(tmp_path / "array.parquet")
    of_text = table(tmp_path, f"sequence\tCDS\nCC{ORF}G\t{CODONS}\n")
    for other in (of_array, of_text):
        places = ("sequence", "cds_start", "cds_end")
        assert other.select(places).equals(found.select(places))
    whole = read_sequences(tmp_path / "array.parquet", "whole")
    assert whole["flags"].to_list() == ["no_start_codon,no_stop_codon"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"cds_start": [2]}, "has the track cds and the column cds_start; expected one of them"),
        ({"cds": [["a"]]}, r"column cds is of type List\(String\); expected a list of numbers"),
        ({"seq": ["ACG"]}, "has 2 columns of sequences"),
    ],
)
def test_tracks_that_cannot_be_read(tmp_path: Path, columns: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        of_tracks(tmp_path, CODONS, **columns)


def test_marks_of_unknown_bases_are_no_sequence(tmp_path: Path) -> None:
    row = one(tmp_path, "ENNN")
    assert (row["status"], row["problem"]) == ("no_known_base", "N alone")
