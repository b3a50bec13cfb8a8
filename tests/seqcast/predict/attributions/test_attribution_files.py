"""First-order effects as jobs: shards, folds and what tables say of themselves."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from seqcast import load_model, screen_variants
from seqcast.core.store import read_table
from seqcast.models.prepare import random_weights
from seqcast.predict.attributions import FIRST_ORDER, INTEGRATED
from seqcast.predict.attributions.attribution_files import AttributedFiles, approximate_shard
from seqcast.predict.attributions.attribution_tables import read_effects
from tests.seqcast.predict.variants.test_score_shard import N_VARIANTS, job  # noqa: F401

OPTIONS = {
    "track_groups": {"all": "", "rna": "^RNA"}, "integrated_steps": 1,
    "score": {"reverse_complement": True, "shifts_bp": [0], "span": False},
}  # fmt: skip


@pytest.fixture(scope="module")
def shards(job: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[int, list]:  # noqa: F811
    """Paths of the tables of one and of three shards, of two folds each."""
    folder = tmp_path_factory.mktemp("shards")
    files = AttributedFiles(*job["files"][:6])
    other = folder / "other.safetensors"
    random_weights(4, other, "borzuki", files.hyperparameters, "human")
    facts = {**job["facts"], "fold": ["0", "1"], "origin": ["random", "random"]}
    job = {**job, "files": files._replace(weights=(files.weights, other)), "options": OPTIONS,
           "facts": facts}  # fmt: skip
    found: dict[int, list] = {}
    for number in (1, 3):
        for shard in range(number):
            path = folder / f"{number}.{shard}.parquet"
            approximate_shard(**{**job, "output": path, "shard": shard, "shards": number})
            found.setdefault(number, []).append(path)
    return found


def test_shards_change_no_number(shards) -> None:
    (one, _), (three, facts) = (read_effects(paths) for paths in shards.values())
    assert one.equals(three)
    assert one["variant"].unique(maintain_order=True).to_list() == [
        f"v{i}" for i in range(N_VARIANTS)
    ]
    assert one.filter(status="alt_star").height == 2 * (N_VARIANTS // 4)  # groups of tracks
    assert min(read_table(path).height for path in shards[3]) > 0
    scored = one.filter(status="scored")
    for name in (FIRST_ORDER, INTEGRATED):
        assert scored[name].abs().min() < scored[name].abs().max() > 0
        assert scored[f"{name}_sd"].min() > 0
        assert one[name].null_count() == len(one) - len(scored)
    assert facts["fold"] == ["0", "1"]
    assert len(facts["tensors_sha256"]) == 2
    assert facts["options"]["track_groups"] == OPTIONS["track_groups"]
    assert (facts["code"], facts["origin"]) == ("abc", "random")


def test_python_gives_the_same_effects(shards, job) -> None:  # noqa: F811
    files = AttributedFiles(*job["files"][:6])
    model = load_model("borzuki", files.weights, files.hyperparameters, "human", device="cpu")
    vcf = Path(files.genome).with_name("in.vcf")
    found = screen_variants(
        model,
        vcf,
        files.genome,
        files.annotation,
        files.tracks,
        OPTIONS["track_groups"],
        genes=["h"],
    )
    (table, _) = read_effects(shards[1])
    expected = table.filter(pl.col("gene_id").is_null() | (pl.col("gene_id") == "h"))
    scored = found.filter(status="scored")
    both = scored.join(expected, ["variant", "tracks"], suffix="_of_two")
    assert len(both) == len(scored) == expected.filter(status="scored").height > 0
    differences = (both[FIRST_ORDER] - both[f"{FIRST_ORDER}_of_two"]).abs()
    # two folds deviate from their mean by sd / sqrt(2)
    spread = both[f"{FIRST_ORDER}_sd_of_two"] / 2**0.5
    assert (differences - spread).abs().max() < 1e-6 + 1e-3 * spread.max()
