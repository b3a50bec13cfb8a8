"""Which datasets of regions have attributions, which are screened, and what that makes."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import write_files
from tests.seqcast.plan.test_regions import tables

JOB = Job(model="one", dataset="maps")


@pytest.fixture
def plan(planned, tmp_path):
    def plan(row=None, **regions):
        write_files(tmp_path)
        for name in ("a.bed", "genes.gtf"):
            (tmp_path / name).touch()
        return planned(tables(**(row or {})), regions=regions)

    return plan


def test_maps_have_attributions_beside_them(plan):
    whole = plan({"shards": 2})
    assert whole.attributions.targets == [
        "results/maps/one/maps.attributions.parquet", "results/maps/one/maps.agreement.tsv"
    ]  # fmt: skip
    assert set(whole.attributions.targets) <= set(whole.targets)
    shards = [f"results/attributions/one/shards/maps.{shard}.parquet" for shard in range(2)]
    assert whole.attributions.shards(JOB) == shards
    drawn = whole.attributions.of_maps(JOB)
    assert list(drawn.values()) == whole.attributions.targets
    without = plan(attributions=[]).attributions
    assert (without.targets, without.of_maps(JOB)) == ([], {})


@pytest.mark.parametrize(
    ("row", "methods", "steps"),
    [
        ({}, ["gradient_x_input"], 0), ({}, ["integrated_gradients"], 4),
        ({"maps": "no"}, ["integrated_gradients"], 0),
    ],
)  # fmt: skip
def test_only_maps_have_integrated_gradients(plan, row, methods, steps):
    options = plan(row, attributions=methods, integrated_steps=4).attributions.options(JOB)
    assert options["integrated_steps"] == steps
    assert options["track_groups"] == {"all": ""}
    assert options["score"] == {
        "reverse_complement": True, "shifts_bp": [0], "unclip": True, "unscale": False,
        "old_transform": False, "span": False,
    }  # fmt: skip


@pytest.mark.parametrize("mapped", ["", "yes"])
def test_what_is_screened_is_scored_only_where_it_is_mapped_too(plan, mapped):
    whole = plan({"maps": mapped}, screens={"maps": 0.2})
    screens = [f"results/screens/one/maps.{kind}" for kind in ("tsv.gz", "selected.vcf")]
    assert whole.attributions.targets[-2:] == screens
    assert whole.attributions.threshold(JOB) == 0.2
    exact = "results/variant_effects/one/maps.ensemble.parquet"
    assert (exact in whole.targets) == bool(mapped)
    assert bool(whole.maps.targets) == bool(mapped)


def test_a_screen_is_of_a_dataset_of_regions(plan):
    with pytest.raises(InputError, match=r"regions.screens: 'snvs' is no dataset of kind regions"):
        plan(screens={"snvs": 0.2})
