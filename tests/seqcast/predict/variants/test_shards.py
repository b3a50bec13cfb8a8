"""A shard is read without the set, and has the rows and windows that the set gives it."""

import random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seqcast.core.store import write_table
from seqcast.genome.intervals import Geometry
from seqcast.genome.variants import check_variants
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.shards import Places, read_shard
from seqcast.predict.variants.windows import VariantWork
from tests.seqcast.text_genome import TextGenome, table

GEOMETRY = Geometry(1024, 32, 0)
SEQUENCE = "".join(random.Random(0).choices("ACGT", k=9000))
OPTIONS = {
    "variant": ScoreOptions(),
    "shared": ScoreOptions(window="shared"),
    "clusters": ScoreOptions(compat="hound_snp", cluster=0.5),
}


def checked(n: int, sort: bool) -> pl.DataFrame:
    """SNVs, indels and rows that cannot be scored."""
    rng = random.Random(n)
    places = [rng.randrange(700, 8000) for _ in range(n)]
    rows = []
    for pos in sorted(places) if sort else places:
        ref = SEQUENCE[pos - 1]
        kinds = (ref, "*"), (ref, ref + "ACA"), (SEQUENCE[pos - 1 : pos + 20], ref)
        snv = ref, "ACGT"["CGTA".index(ref)]
        rows.append((pos, *rng.choice([*kinds, snv, snv, snv])))
    return check_variants(table(rows), TextGenome(SEQUENCE))


def plain(work: VariantWork, shard: int, shards: int) -> list[int]:
    """Rows of a shard, by all rows in order of work."""
    places = [place for place, _ in work.ordered]

    def end(part: int) -> int:
        at = len(places) * part // shards
        while 0 < at < len(places) and places[at] == places[at - 1]:
            at += 1
        return at

    return sorted(row for _, row in work.ordered[end(shard) : end(shard + 1)])


@pytest.mark.parametrize("how", OPTIONS)
@pytest.mark.parametrize(("n", "sort"), [(80, True), (80, False), (1, True), (0, True)])
def test_shards_are_those_of_the_whole_set(tmp_path, monkeypatch, how, n, sort):
    monkeypatch.setattr("seqcast.core.store.MOST_ROWS", 7)
    variants, options = checked(n, sort), OPTIONS[how]
    write_table(variants, tmp_path / "v.parquet", {})
    whole, seen = VariantWork.of(variants, GEOMETRY, options), []
    for shard in range(3):
        rows = plain(whole, shard, 3)
        found, work = read_shard(tmp_path / "v.parquet", GEOMETRY, options, shard, 3)
        assert_frame_equal(found, variants[rows])
        assert list(work.edits) == [whole.edits[row] for row in rows]
        assert list(work.starts) == [whole.starts[row] for row in rows]
        assert list(work.swapped) == [whole.swapped[row] for row in rows]
        seen += rows
    assert sorted(seen) == list(range(n))


def test_windows_left_of_a_contig_have_their_own_place():
    rows = [(pos, SEQUENCE[pos - 1], "*") for pos in (1, 2)]
    rows += [(pos, SEQUENCE[pos - 1], "ACGT"["CGTA".index(SEQUENCE[pos - 1])]) for pos in (1, 500)]
    places = Places.of(
        [check_variants(table(rows), TextGenome(SEQUENCE))], GEOMETRY, ScoreOptions()
    )
    assert places.place.tolist() == [-1024, -1024, -511, -12]
    assert places.rows(0, 2).tolist() == [0, 1]
