"""A shard: what is fetched, what is written, and what happens to genomes that fail."""

import gzip
import shutil
import struct
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance
from seqcast.datasets.reads.assemblies import Selection, select_assemblies
from seqcast.datasets.reads.assembly_index import ORDER, ShardFiles, clean_pieces, index_assemblies
from seqcast.datasets.reads.twobit import LETTERS, TwoBitFile, ambiguous_runs
from tests.seqcast.genbank_files import genome, publish, random_sequence, record, summary

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def files(folder: Path) -> ShardFiles:
    return ShardFiles(folder / "0.2bit", folder / "0.parquet", folder / "0.tsv")


def names_in(path: Path) -> list[str]:
    """Names in the index of a .2bit file: a length, the name, and an offset of 32 bits each."""
    data, place, names = path.read_bytes(), 16, []
    for _ in range(struct.unpack("<I", data[8:12])[0]):
        end = place + 1 + data[place]
        names.append(data[place + 1 : end].decode())
        place = end + 4
    return names


def published(folder: Path, names: list[str]) -> pl.DataFrame:
    rows = [
        {"assembly_accession": name, "ftp_path": publish(folder / "ncbi", name, genome(f"{name}_r.1", n))}
        for n, name in enumerate(names)
    ]  # fmt: skip
    (folder / "summary.txt").write_text(summary(rows))
    return select_assemblies([folder / "summary.txt"], Selection(), 1)


@given(st.text(alphabet="AAAAN", min_size=1, max_size=60), st.data())
def test_pieces_beside_the_bases(sequence: str, data: st.DataObject) -> None:
    place = st.tuples(st.integers(0, len(sequence)), st.integers(0, len(sequence) + 1))
    regions = sorted(tuple(sorted(p)) for p in data.draw(st.lists(place, max_size=6)))
    starts, ends = np.array(regions, dtype=np.int64).reshape(-1, 2).T
    found = clean_pieces(starts, ends, ambiguous_runs(sequence), len(sequence))
    expected = []
    for number, (start, end) in enumerate(regions):
        inside = [i for i in range(start, min(end, len(sequence))) if sequence[i] == "A"]
        first = [i for i in inside if i - 1 not in inside]
        last = [i + 1 for i in inside if i + 1 not in inside]
        expected += [(number, s, e) for s, e in zip(first, last, strict=True)]
    assert list(zip(*(column.tolist() for column in found), strict=True)) == expected


@needs_curl
def test_fetched_genomes(tmp_path: Path) -> None:
    table = published(tmp_path, ["GCF_1.1", "GCF_2.1"])
    index_assemblies(table, files(tmp_path), tmp_path / "downloads", 300, facts={"code": "x"})
    assert not (tmp_path / "downloads").exists()
    regions = pl.read_parquet(tmp_path / "0.parquet")
    assert regions.equals(regions.sort(ORDER))
    # by `genome`: CDS at 500, 2000, 3500, each of 700; 6,000 bases
    first = regions.filter(assembly="GCF_1.1").select("class", "start", "end").rows()
    assert first == [
        ("coding", 500, 1_200), ("coding", 2_000, 2_700), ("coding", 3_500, 4_200),
        ("non_coding", 0, 500), ("non_coding", 1_200, 2_000), ("non_coding", 2_700, 3_500),
        ("non_coding", 4_200, 6_000),
    ]  # fmt: skip
    report = pl.read_csv(tmp_path / "0.tsv", separator="\t").rows()
    assert report == [(name, "indexed", 1, 2_100, 3_900) for name in ("GCF_1.1", "GCF_2.1")]
    assert read_provenance(tmp_path / "0.parquet") == {
        "code": "x",
        "min_length_nt": 300,
        "compat": None,
    }
    assert names_in(tmp_path / "0.2bit") == ["GCF_1.1:GCF_1.1_r.1", "GCF_2.1:GCF_2.1_r.1"]
    with TwoBitFile(tmp_path / "0.2bit") as sequences:
        codes = sequences.fetch(["GCF_2.1:GCF_2.1_r.1"], np.array([0]), 6_000)
    assert LETTERS[codes].tobytes().decode() == random_sequence(6_000, 1)


@needs_curl
def test_damaged_and_missing_files(tmp_path: Path) -> None:
    names = [f"GCF_{n}.1" for n in range(1, 6)]
    table = published(tmp_path, names)
    place = {name: tmp_path / f"ncbi/{name}_made" for name in names}
    shutil.rmtree(place["GCF_2.1"])
    (place["GCF_3.1"] / "GCF_3.1_made_genomic.gbff.gz").write_bytes(gzip.compress(b"LOCUS"))
    (place["GCF_4.1"] / "md5checksums.txt").write_text("0  ./other.txt\n")
    message = "3 of 5 assemblies .* expected at most 50%.*GCF_2.1, failed: .*Run again"
    with pytest.raises(InputError, match=message):
        index_assemblies(table, files(tmp_path), tmp_path / "downloads", 300, None, 0.5)
    assert not any((tmp_path / name).exists() for name in ("0.2bit", "0.parquet", "0.tsv"))
    kept = sorted(path.name for path in (tmp_path / "downloads").rglob("*.gz"))
    assert kept == [f"GCF_{n}.1_made_genomic.gbff.gz" for n in (1, 5)]  # the next job goes on here
    index_assemblies(table, files(tmp_path), tmp_path / "downloads", 300, None, 0.6)
    report = dict(
        pl.read_csv(tmp_path / "0.tsv", separator="\t").select("assembly", "status").iter_rows()
    )
    assert [name for name in names if report[name] == "indexed"] == ["GCF_1.1", "GCF_5.1"]
    assert "has MD5" in report["GCF_3.1"]
    assert "does not list GCF_4.1_made_genomic.gbff.gz" in report["GCF_4.1"]
    assert set(pl.read_parquet(tmp_path / "0.parquet")["assembly"]) == {"GCF_1.1", "GCF_5.1"}


@needs_curl
def test_what_is_here_is_not_fetched_again(tmp_path: Path) -> None:
    table = published(tmp_path, ["GCF_1.1"])
    here = tmp_path / "downloads/GCF_1.1"
    shutil.copytree(tmp_path / "ncbi/GCF_1.1_made", here)
    shutil.rmtree(tmp_path / "ncbi")
    index_assemblies(table, files(tmp_path), tmp_path / "downloads", 300)
    assert (tmp_path / "0.2bit").exists()


def test_ambiguous_bases_chromosomes_and_records_without_cds(tmp_path: Path) -> None:
    sequence = random_sequence(2_000, 1)
    sequence = sequence[:900] + "N" * 10 + sequence[910:]
    text = record("A_1.1", sequence, ["401..1600"], taxid=None, chromosome="7") + record(
        "B_1.1", sequence
    )
    (tmp_path / "g.gbk").write_text(text)
    table = select_assemblies([tmp_path / "g.gbk"], Selection(), 1)
    index_assemblies(table, files(tmp_path), tmp_path / "downloads", 300)
    regions = pl.read_parquet(tmp_path / "0.parquet").drop("assembly", "locus_tags")
    assert regions.rows() == [
        ("coding", "7", "A_1.1", 400, 900, 400, 1_600, None),
        ("coding", "7", "A_1.1", 910, 1_600, 400, 1_600, None),
        ("non_coding", "7", "A_1.1", 0, 400, 0, 400, None),
        ("non_coding", "7", "A_1.1", 1_600, 2_000, 1_600, 2_000, None),
    ]
    assert names_in(tmp_path / "0.2bit") == ["g:A_1.1"]


def test_shard_without_assemblies_or_regions(tmp_path: Path) -> None:
    (tmp_path / "g.gbk").write_text(record("A_1.1", random_sequence(900, 1)))
    table = select_assemblies([tmp_path / "g.gbk"], Selection(), 1)
    for rows, report in ((table, [("g", "no_cds", 1, 0, 0)]), (table[:0], [])):
        index_assemblies(rows, files(tmp_path), tmp_path / "downloads", 300)
        assert pl.read_parquet(tmp_path / "0.parquet").is_empty()
        assert pl.read_csv(tmp_path / "0.tsv", separator="\t").rows() == report
    (tmp_path / "g.gbk").write_text(record("A_1.1", random_sequence(400, 1), ["101..300"]))
    index_assemblies(table, files(tmp_path), tmp_path / "downloads", 300)
    assert pl.read_csv(tmp_path / "0.tsv", separator="\t")["status"].to_list() == ["no_regions"]


def test_a_reason_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise InputError(f"{path.name} is\nbroken\tin\r\nmany lines")

    (tmp_path / "g.gbk").write_text(record("A_1.1", random_sequence(900, 1)))
    table = select_assemblies([tmp_path / "g.gbk"], Selection(), 1)
    monkeypatch.setattr("seqcast.datasets.reads.assembly_index.read_genbank", fail)
    index_assemblies(table, files(tmp_path), tmp_path / "downloads", 300, max_failed_share=1.0)
    text = (tmp_path / "0.tsv").read_text()
    assert text.splitlines()[1:] == ["g\tfailed: g.gbk is broken in many lines\t0\t0\t0"]
