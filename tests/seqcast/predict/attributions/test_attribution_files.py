"""First-order effects as jobs: shards, folds and what tables say of themselves."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from seqcast.core.store import array_values, read_provenance, read_table
from seqcast.predict.attributions import FIRST_ORDER, INTEGRATED
from seqcast.predict.attributions.attribution_files import AttributedFiles, approximate_shard
from seqcast.predict.attributions.attribution_tables import average_attributions
from tests.seqcast.predict.variants.test_score_shard import N_VARIANTS, job  # noqa: F401

OPTIONS = {
    "track_groups": {"all": "", "rna": "^RNA"}, "integrated_steps": 1,
    "score": {"reverse_complement": True, "shifts_bp": [0], "span": False},
}  # fmt: skip


@pytest.fixture(scope="module")
def shards(job: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[int, list]:  # noqa: F811
    """Paths of the tables of one and of three shards."""
    folder = tmp_path_factory.mktemp("shards")
    job = {**job, "files": AttributedFiles(*job["files"][:6]), "options": OPTIONS}
    found: dict[int, list] = {}
    for number in (1, 3):
        for shard in range(number):
            path = folder / f"{number}.{shard}.parquet"
            approximate_shard(**{**job, "output": path, "shard": shard, "shards": number})
            found.setdefault(number, []).append(path)
    return found


def test_shards_change_no_number(shards, tmp_path) -> None:
    for number, paths in shards.items():
        average_attributions([*paths, *paths], number, tmp_path / f"{number}.parquet")
    one, three = (read_table(tmp_path / f"{number}.parquet") for number in shards)
    assert one.equals(three)
    assert one["row"].unique().to_list() == list(range(N_VARIANTS))
    assert one.filter(status="alt_star").height == N_VARIANTS // 4
    assert sum(map(len, map(read_table, shards[3]))) == len(one)
    assert min(map(len, map(read_table, shards[3]))) > 0
    for name in (FIRST_ORDER, INTEGRATED):
        effects, known = array_values(one[name])
        assert known.sum() == one.filter(status="scored").height > 0
        assert np.abs(effects[known]).min(axis=1).max() > 0
        assert one[f"{name}_sd"].null_count() == len(one)  # folds of the same weights


def test_a_table_says_what_made_it(shards, tmp_path) -> None:
    average_attributions(shards[1], 1, tmp_path / "one.parquet")
    for path in (shards[1][0], tmp_path / "one.parquet"):
        facts = read_provenance(path)
        assert facts["options"]["track_groups"] == OPTIONS["track_groups"]
        assert facts["code"] == "abc"
        assert facts["tensors_sha256"]
    assert not read_table(tmp_path / "one.parquet", ["row"]).is_empty()
    assert pl.read_parquet_schema(shards[1][0])[FIRST_ORDER] == pl.Array(pl.Float32, 2)
