"""Labels join transcripts by id; none is lost, and none is given to another transcript."""

from pathlib import Path

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.transcripts.labels import join_families, join_labels
from seqcast.transcripts.records import COLUMNS, TranscriptRow, table_of


def transcripts(*names: str) -> pl.DataFrame:
    return table_of([TranscriptRow(name, sequence="AUG", length_nt=3) for name in names])


def test_labels_join_with_and_without_version(tmp_path: Path) -> None:
    (tmp_path / "labels.tsv").write_text(
        "transcript_id\thalf_life\tsplit\tgene_id\n"
        "B\t2.5\ttest\tG2\nA.1\t1\ttrain\tG1\nother\t7\ttrain\tG3\nnowhere\t8\ttrain\tG4\n"
    )
    known = frozenset({"A.1", "B.7", "C.1", "other.2"})
    found = join_labels(transcripts("A.1", "B.7", "C.1", "A.1"), tmp_path / "labels.tsv", known)
    assert found.columns == [*COLUMNS, "half_life", "split", "gene_id_given"]
    assert found.select("row", "id", "status", "half_life", "split").rows() == [
        (0, "A.1", "valid", 1.0, "train"),
        (1, "B.7", "valid", 2.5, "test"),
        (2, "C.1", "valid", None, None),
        (3, "A.1", "valid", 1.0, "train"),
        (4, "other", "not_selected", 7.0, "train"),
        (5, "nowhere", "transcript_not_found", 8.0, "train"),
    ]


def test_ids_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.parquet"
    pl.DataFrame({"id": [["A"]], "v": [1]}).write_parquet(path)
    with pytest.raises(InputError, match="column id is of type List"):
        join_labels(transcripts("A"), path)


def test_two_versions_label_no_third(tmp_path: Path) -> None:
    (tmp_path / "labels.tsv").write_text("id\tv\nA.1\t1\nA.2\t2\nB\t3\n")
    found = join_labels(transcripts("A.3", "B.1"), tmp_path / "labels.tsv")
    assert found.select("id", "v", "status").rows() == [
        ("A.3", None, "valid"),
        ("B.1", 3, "valid"),
        ("A.1", 1, "transcript_not_found"),
        ("A.2", 2, "transcript_not_found"),
    ]


def test_another_version_is_another_sequence(tmp_path: Path) -> None:
    (tmp_path / "labels.tsv").write_text("id\tv\nA.3\t1\nB.7\t2\nC.1\t3\nD\t4\nD.1\t5\n")
    known = frozenset({"A.5", "B", "C.2", "D.1"})
    found = join_labels(transcripts("A.5", "B", "D.1"), tmp_path / "labels.tsv", known)
    assert found.select("id", "v", "status", "problem").rows() == [
        ("A.5", None, "valid", None),
        ("B", 2, "valid", None),
        ("D.1", 5, "valid", None),
        ("A.3", 1, "transcript_not_found", "there is A.5"),
        ("C.1", 3, "transcript_not_found", "there is C.2"),
        ("D", 4, "transcript_not_found", "there is D.1"),
    ]


def test_labels_that_find_the_same_label_nothing(tmp_path: Path) -> None:
    (tmp_path / "labels.tsv").write_text("id\tv\nA.1\t1\nA.2\t2\nB\t3\n")
    found = join_labels(transcripts("A", "B"), tmp_path / "labels.tsv")
    assert found["v"].to_list() == [None, 3, 1, 2]
    assert found["status"].to_list() == ["valid", "valid", *["transcript_not_found"] * 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("half_life\tvalue\n1\t2\n", "has the columns half_life, value; expected transcript_id"),
        ("transcript_id\nA.1\n", "at least one column of labels"),
        ("transcript_id\tv\n", "no rows below its header"),
        ("transcript_id\tv\nA.1\t1\n\t2\n", "1 rows without transcript_id"),
        ("transcript_id\tv\nA.1\t1\nA.1\t2\n", "more than one row of transcript_id A.1"),
        ("transcript_id\tv\nX\t1\nY\t2\n", r"none of its ids \(X, Y, \.\.\.\) is among .*\(A\.1"),
    ],
)
def test_bad_labels(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "labels.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        join_labels(transcripts("A.1"), tmp_path / "labels.tsv")


def of_genes(*genes: str | None) -> pl.DataFrame:
    return table_of([TranscriptRow(f"T{i}", gene_name=gene) for i, gene in enumerate(genes)])


def test_genes_of_a_family_share_it_and_others_are_families_of_their_own(tmp_path: Path) -> None:
    text = "gene_name,gene_group\nA,1\nB,1\nC,2\nD,3\nD,4\nE,4\nF,3\nX,9\n"
    (tmp_path / "families.csv").write_text(text)
    found = join_families(of_genes("A", "B", "B", "C", "D", "E", "F", "G", "G", None),
                          tmp_path / "families.csv")  # fmt: skip
    groups = found["gene_group"].to_list()
    assert groups[:4] == ["1", "1", "1", "2"]
    assert len({*groups[4:7]}) == 1  # D is in two families, which are one then
    assert groups[7:] == ["gene G", "gene G", None]
    assert found.height == 10  # no row for X, of which there is no transcript


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene,gene_group\nA,1\n", "the columns gene, gene_group; expected gene_name or gene_id"),
        ("gene_name\tgroup\nA\t1\n", "expected gene_name or gene_id, and gene_group"),
        ("gene_name\tgene_group\nA\t\n", "1 rows without gene_name or gene_group"),
        ("gene_name\tgene_group\nX\t1\n", r"none of its genes \(X, ...\) is the gene_name of .*A"),
        ("gene_id\tgene_group\nA\t1\n", r"is the gene_id of a transcript \(none has one\)"),
    ],
)
def test_bad_families(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "families.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        join_families(of_genes("A"), tmp_path / "families.tsv")


def test_families_that_are_there_already_are_kept(tmp_path: Path) -> None:
    table = of_genes("A").with_columns(gene_group=pl.lit("1"))
    with pytest.raises(InputError, match="have a column gene_group already; leave families empty"):
        join_families(table, tmp_path / "families.tsv")
