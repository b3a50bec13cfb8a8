import gzip

import numpy as np
import polars as pl
import pybigtools
import pytest

from seqcast.core.store import read_provenance, read_table, write_table
from seqcast.genome.bgzip import index_fasta
from seqcast.predict.maps.effect_maps import effect_maps
from seqcast.predict.maps.group_effects import group_effects
from seqcast.predict.maps.map_files import MapFiles, MapTables, write_bigwigs, write_maps
from tests.seqcast.predict.maps.toy_regions import (
    ANNOTATION,
    OTHER,
    TRACKS,
    regions,
    scores,
    snvs,
)

GROUPS = {"ActD": "^RNA:ActD", "all": None}


@pytest.fixture
def written(tmp_path):
    """Maps of two regions, one with an N, and the scores that they are laid out from."""
    given = scores(snvs("ACNG", 100) + snvs("TTG", 120))
    facts = [{"model": "m", "fold": name, "weights_sha256": name} for name in given.folds]
    folds = []
    for one, (name, table) in zip(facts, given.folds.items(), strict=True):
        folds.append(tmp_path / f"fold{name}.parquet")
        write_table(table, folds[-1], one)
    write_table(
        given.ensemble, tmp_path / "ensemble.parquet", {**facts[0], "fold": list(given.folds)}
    )
    write_table(TRACKS, tmp_path / "tracks.parquet", {})
    write_table(regions(("a", 100, 104), ("b", 120, 123)), tmp_path / "regions.parquet", {})
    ANNOTATION.write(tmp_path / "genes.parquet")
    (tmp_path / "genome.fa").write_text(f">chr1\n{1000 * 'A'}\n")
    index_fasta(tmp_path / "genome.fa")
    files = MapFiles(
        tmp_path / "ensemble.parquet", tuple(folds), tmp_path / "tracks.parquet",
        tmp_path / "regions.parquet", tmp_path / "genes.parquet", tmp_path / "genome.fa",
    )  # fmt: skip
    made = MapTables(
        *(tmp_path / name for name in ("v.parquet", "v.tsv.gz", "b.parquet", "bigwig"))
    )
    write_maps(files, made, "logSED", GROUPS, {"code": "c"})
    return given, made


def test_tables_hold_all_maps_and_say_where_they_come_from(written):
    given, made = written
    maps = effect_maps(
        group_effects(given, "logSED", GROUPS),
        regions(("a", 100, 104), ("b", 120, 123)),
        ANNOTATION,
    )
    tidy, bases = read_table(made.variants), read_table(made.bases)
    assert tidy.equals(pl.concat([one.tidy() for one in maps]))
    assert bases.equals(pl.concat([one.bases() for one in maps]))
    assert tidy.height == 2 * (9 + 1 + 9)
    assert bases.height == 2 * (4 + 3)
    facts = read_provenance(made.bases)
    assert (facts["model"], facts["fold"], facts["score"], facts["code"]) == (
        "m",
        ["0", "1"],
        "logSED",
        "c",
    )
    assert facts["track_groups"] == GROUPS


def test_the_text_has_the_same_rows(written):
    _, made = written
    with gzip.open(made.text, "rt") as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    table = read_table(made.variants)
    assert lines[0] == table.columns
    assert len(lines) == 1 + table.height
    unknown = next(cells for cells in lines if "ref_ambiguous" in cells)
    assert unknown[lines[0].index("effect")] == "NA"


def test_bigwigs_have_a_value_for_each_scored_base(written):
    _, made = written
    names = sorted(path.name for path in made.bigwig.iterdir())
    assert names == [f"{g}.{s}.bw" for g in GROUPS for s in ("importance", "largest_effect")]
    bases = read_table(made.bases).filter(tracks="ActD")
    with pybigtools.open(str(made.bigwig / "ActD.importance.bw")) as file:
        assert dict(file.chroms()) == {"chr1": 1000}
        values = file.values("chr1", 95, 130, fillna=np.nan)
    expected = np.full(35, np.nan)
    for pos, value in bases.drop_nulls("importance").select("pos", "importance").iter_rows():
        expected[pos - 1 - 95] = value
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    assert np.isnan(values[102 - 95])  # N


def test_a_base_of_two_maps_has_the_greater_value(tmp_path):
    given = scores(snvs("ACG", 500) + snvs("ACG", 500, OTHER))
    effects = group_effects(given, "logSED", {"all": None})
    one, two = (
        effect_maps(effects.filter(gene_id=gene), regions(("a", 500, 503)), ANNOTATION)[0]
        for gene in ("G1", "G2")
    )
    write_bigwigs(pl.concat([one.bases(), two.bases()]), {"chr1": 1000}, tmp_path)
    with pybigtools.open(str(tmp_path / "all.importance.bw")) as file:
        values = file.values("chr1", 500, 503, fillna=np.nan)
    both = np.stack([one.importance, two.importance])
    np.testing.assert_allclose(values, both[np.abs(both).argmax(axis=0), [0, 1, 2]], rtol=1e-6)


def test_without_a_scored_base_there_is_no_bigwig(tmp_path):
    effects = group_effects(scores(snvs("ACG", 300, None)), "logSED", {"all": None})
    (found,) = effect_maps(effects, regions(("a", 300, 303)), ANNOTATION)
    assert write_bigwigs(found.bases(), {"chr1": 1000}, tmp_path) == []
    assert list(tmp_path.iterdir()) == []
